"""The recipe's own measures, and a reading whose sentences people have timed."""

import json
import sys

import numpy as np
import pytest

from ds2cli.records.manifest import Utterance

RECIPE = "recipes/segment"


@pytest.fixture(autouse=True)
def recipe(monkeypatch, request):
    folder = request.config.rootpath / RECIPE
    monkeypatch.syspath_prepend(str(folder))
    return folder


def test_sentences_lie_where_people_heard_them(run, recipe):
    """An MP3 in stereo at 44.1 kHz, a chapter as XHTML that goes on far beyond it, 24 s of preface that it lacks."""
    import times

    page, smil = recipe / "data" / "chapter_001.xhtml", recipe / "data" / "chapter_001_overlay.smil"
    ran = run("prepare", "segment", recipe / "data" / "mobydick_1.mp3", page, "--all")
    assert ran.code == 3 and "93 % of its text was not found" in ran.stderr
    segments = [json.loads(line) for line in ran.stdout.splitlines()]
    assert "Loomings. Call me Ishmael. Some years ago—" in " ".join(one["original"] for one in segments[:2])
    words = [(one["offset"] + word["start"], one["offset"] + word["end"], word["word"])
             for one in segments for word in one["words"]]
    timed = times.clips(smil.read_text(), page.read_text())
    errors = times.boundary_errors(timed, words)
    assert len(errors) == 7 and max(errors) < 0.25 and abs(words[0][0] - timed[0][0]) < 2


@pytest.mark.parametrize("errors", ["words", "utterances"])
@pytest.mark.parametrize("kind", ["deleted", "inserted", "swapped"])
def test_wrong_texts_are_wrong_in_the_way_they_say(errors, kind):
    import make_long

    rng = np.random.default_rng(1)
    said, others = "a b c d e f g h", ["u v w x y z"]
    for _ in range(30):
        new = make_long.written(said, kind, others, errors, rng).split()
        kept = [word for word in new if word in said.split()]
        assert new != said.split() and kept == sorted(kept)
        assert (len(kept) == 8) == (kind == "inserted")
        assert (len(new) > len(kept)) == (kind != "deleted")


def test_measures_of_a_job_without_and_with_a_mistake(tmp_path, monkeypatch, capsys):
    import measure

    def timed(text):
        return [{"word": word, "start": 0.1 + i, "end": 0.9 + i} for i, word in enumerate(text.split())]

    def segment(start, text, keep=True):
        place = {"audio_filepath": "r.flac", "offset": start, "duration": 2.0}
        return {**place, "text": text, "words": timed(text), "keep": keep}

    alone = [{"id": f"u{n}", "words": timed(text)} for n, text in enumerate(["a b", "c d"])]
    truth = [{"id": f"u{n}", "recording": "r", "kind": "intact", "start": 2.0 * n, "end": 2.0 * n + 2}
             for n in range(2)]

    def measured(segments):
        for name, rows in (("s", segments), ("t", truth), ("w", alone)):
            (tmp_path / name).write_text("".join(json.dumps(row) + "\n" for row in rows))
        paths = [str(tmp_path / name) for name in "stw"]
        monkeypatch.setattr(sys, "argv", ["measure.py", paths[0], "--truth", paths[1], "--words", paths[2]])
        measure.main()
        return json.loads(capsys.readouterr().out)

    right = measured([segment(0.0, "a b"), segment(2.0, "c d")])
    assert right["good"] == 2 and right["within_0.2s"] == 100 and right["intact_words_kept"] == 100
    wrong = measured([segment(0.0, "a b"), segment(2.0, "c x", keep=False)])
    assert (wrong["good"], wrong["bad"], wrong["bad_left_out"], wrong["found"]) == (1, 1, 100, 75)


def test_chapters_know_where_their_utterances_are(an4_utterances):
    import make_long

    three: list[Utterance] = an4_utterances(3)
    sound, truth = make_long.lay(three, [], np.random.default_rng(1))
    assert [one["said"] for one in truth] == [one.text for one in three]
    ends = [one["end"] for one in truth]
    assert ends[0] < truth[1]["start"] and len(sound) / 16000 == pytest.approx(ends[-1] + 0.3, abs=0.01)
