"""ds2 decode as a person calls it: every kind of input and output, in order, with what is broken skipped and named."""

import json
import shutil

import numpy as np
import pytest

from ds2cli.audio.files import read_audio, write_audio
from ds2cli.errors import Exit

ARPA = """\\data\\
ngram 1=6
ngram 2=1

\\1-grams:
-2\t<unk>\t0
-99\t<s>\t0
-1\t</s>\t0
-0.7\tyes\t0
-0.7\tno\t0
-0.7\tone\t0

\\2-grams:
-0.3\tyes\tno

\\end\\
"""


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run with random weights: it understands nothing, but decodes everything."""
    import torch

    from ds2cli.model.checkpoint import Checkpoint, save_checkpoint
    from ds2cli.model.recogniser import Recogniser
    from ds2cli.settings import Layer, preset_layer, resolve
    from ds2cli.text.units import units_of

    torch.manual_seed(3)
    small = {"model.rnn_size": 8, "model.rnn_layers": 1, "model.conv_channels": [2, 2]}
    config, _ = resolve(preset_layer("tiny"), Layer(small, "test"))
    units = units_of(["abcdefghijklmnopqrstuvwxyz '"])
    recogniser = Recogniser(config, units)
    with torch.no_grad():
        recogniser.network.output.weight.mul_(6)
        recogniser.network.output.bias[0] -= 3.3  # as likely as each other unit: else little but blanks is heard
    folder = tmp_path_factory.mktemp("decode") / "run"
    folder.mkdir()
    save_checkpoint(folder / "best.safetensors", Checkpoint(config, units, recogniser.state_dict(), {}))
    return folder


@pytest.fixture
def model(tmp_path):
    (tmp_path / "lm.arpa").write_text(ARPA)
    return tmp_path / "lm.arpa"


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def manifest(tmp_path, an4_utterances):
    path = tmp_path / "some.jsonl"
    records = [{**one.record, "mine": i} for i, one in enumerate(an4_utterances(8))]
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def records_of(ran) -> list[dict]:
    assert ran.code == 0, ran.stderr
    return [json.loads(line) for line in ran.stdout.splitlines()]


def by_name(records: list[dict]) -> dict[str, str]:
    return {one["audio_filepath"].rsplit("/", 1)[1]: one["pred_text"] for one in records}


def test_records_keep_their_fields_and_order_and_gain_what_was_said(run, trained, manifest):
    came = [json.loads(line) for line in manifest.read_text().splitlines()]
    found = records_of(run("decode", trained, manifest))
    assert [one["mine"] for one in found] == list(range(8))
    for before, after in zip(came, found, strict=True):
        assert before.items() <= after.items()
        assert set(after) - set(before) == {"pred_text", "score", "words"}
        assert " ".join(word["word"] for word in after["words"]) == after["pred_text"]
        assert set(after["score"]) == {"acoustic", "lm", "total"}
        times = [time for word in after["words"] for time in (word["start"], word["end"])]
        assert times == sorted(times) and all(0 <= word["confidence"] <= 1 for word in after["words"])


def test_a_pipe_a_folder_and_single_files_are_the_same_speech(run, trained, manifest, tmp_path):
    came = [json.loads(line) for line in manifest.read_text().splitlines()]
    expected = by_name(records_of(run("decode", trained, manifest)))
    piped = records_of(run("decode", trained, stdin=manifest.read_text()))
    folder = tmp_path / "speech" / "deep"
    folder.mkdir(parents=True)
    for one in came:
        shutil.copy(one["audio_filepath"], folder)
    from_folder = records_of(run("decode", trained, folder.parent))
    from_files = records_of(run("decode", trained, *sorted(folder.iterdir())))
    assert by_name(piped) == by_name(from_folder) == by_name(from_files) == expected
    durations = {one["audio_filepath"].rsplit("/", 1)[1]: one["duration"] for one in came}
    for one in from_folder:
        assert one["duration"] == pytest.approx(durations[one["audio_filepath"].rsplit("/", 1)[1]], abs=0.002)


def test_saved_log_probs_decode_as_the_audio_did(run, trained, manifest, model, tmp_path):
    saved = tmp_path / "probs.npz"
    flags = ("--lm", model, "--alpha", "0.8", "--beta", "1", "--nbest", "3")
    direct = records_of(run("decode", trained, manifest, *flags, "--log-probs", saved))
    assert records_of(run("decode", trained, saved, *flags)) == direct
    greedy = records_of(run("decode", trained, manifest))
    assert records_of(run("decode", trained, saved)) == greedy
    assert records_of(run("decode", trained, saved, saved)) == greedy + greedy


def test_a_language_model_changes_what_is_understood_and_scores_add_up(run, trained, manifest, model):
    flags = ("--lm", model, "--alpha", "2", "--beta", "1", "--lexicon", "hard", "--nbest", "4", "--jobs", "2")
    found = records_of(run("decode", trained, manifest, *flags, "--unit-times"))
    for one in found:
        assert set(one["pred_text"].split()) <= {"yes", "no", "one"}
        assert one["nbest"][0]["text"] == one["pred_text"] and 1 <= len(one["nbest"]) <= 4
        totals = [hypothesis["score"]["total"] for hypothesis in one["nbest"]]
        assert totals == sorted(totals, reverse=True)
        for hypothesis in one["nbest"]:
            score = hypothesis["score"]
            weighed = score["acoustic"] + 2 * score["lm"] + len(hypothesis["text"].split())
            assert score["total"] == pytest.approx(weighed, abs=1e-3)
        assert "".join(unit["unit"] for unit in one["unit_times"]) == one["pred_text"]


def test_hot_words_and_a_beam_need_no_language_model(run, trained, manifest):
    plain = records_of(run("decode", trained, manifest, "--beam", "20"))
    hot = records_of(run("decode", trained, manifest, "--beam", "20", "--hot-word", "rubout=200"))
    assert any("rubout" in one["pred_text"] for one in hot) and not any("rubout" in one["pred_text"] for one in plain)


def test_a_broken_file_is_skipped_and_named_and_the_rest_goes_on(run, trained, manifest, tmp_path):
    lines = manifest.read_text().splitlines()
    broken, short = tmp_path / "broken.flac", tmp_path / "short.wav"
    broken.write_bytes(b"no audio at all")
    write_audio(short, np.zeros(10, np.float32), 16000)
    extra = [json.dumps({"audio_filepath": str(path), "duration": 1.0}) for path in (broken, tmp_path / "none.wav")]
    extra.append(json.dumps({"audio_filepath": str(short)}))
    ran = run("decode", trained, stdin="\n".join([lines[0], *extra, lines[1]]))
    assert ran.code == Exit.SKIPPED and len(ran.stdout.splitlines()) == 2
    assert "broken.flac" in ran.stderr and "none.wav" in ran.stderr and "skipped 3 recordings" in ran.stderr


def test_a_long_recording_passes_in_pieces_that_fit_together(trained, an4_utterances, tmp_path, monkeypatch):
    from ds2cli.inference import utterances as module
    from ds2cli.inference import windows
    from ds2cli.model.recogniser import load_recogniser
    from ds2cli.records.manifest import Utterance

    speech = np.concatenate([read_audio(one.audio, 16000) for one in an4_utterances(8)])
    write_audio(tmp_path / "long.wav", speech, 16000)
    utterance = Utterance(id="long", audio=str(tmp_path / "long.wav"), duration=0.0)
    recogniser = load_recogniser(trained)
    whole, = module.infer(recogniser, [utterance], 1)
    monkeypatch.setattr(windows, "PIECE_SECONDS", 3.0)
    monkeypatch.setattr(windows, "CONTEXT_SECONDS", 2.0)
    pieces, = module.infer(recogniser, [utterance], 1)
    assert abs(len(pieces.log_probs) - len(whole.log_probs)) <= 1
    frames = min(len(pieces.log_probs), len(whole.log_probs))
    same = pieces.log_probs[:frames].argmax(1) == whole.log_probs[:frames].argmax(1)
    assert same.mean() > 0.9  # the pieces' power and context differ a little


@pytest.mark.parametrize("kind", ["text", "trn", "ctm", "srt", "vtt"])
def test_every_format_holds_the_words(run, trained, manifest, tmp_path, kind):
    one = tmp_path / "one.jsonl"
    record = json.loads(manifest.read_text().splitlines()[0])
    one.write_text(json.dumps({**record, "id": "u1", "offset": 0.5}))
    said = records_of(run("decode", trained, one))[0]
    ran = run("decode", trained, one, "--format", kind)
    assert ran.code == 0 and all(word["word"] in ran.stdout for word in said["words"])
    start = said["words"][0]["start"] + 0.5
    if kind == "trn":
        assert ran.stdout == f"{said['pred_text']} (u1)\n"
    if kind == "ctm":
        assert f" 1 {start:.3f} " in ran.stdout.splitlines()[0]
    if kind in ("srt", "vtt"):
        mark = "," if kind == "srt" else "."
        assert f"{int(start):02d}{mark}{round(start % 1 * 1000):03d} --> 00:00:" in ran.stdout


def test_subtitles_of_two_recordings_are_refused(run, trained, manifest):
    ran = run("decode", trained, manifest, "--format", "srt")
    assert ran.code == Exit.USAGE and "cannot share" in ran.stderr


def test_an_output_file_appears_whole_or_not_at_all(run, trained, manifest, tmp_path):
    out = tmp_path / "out.jsonl"
    assert run("decode", trained, manifest, "-o", out).stdout == ""
    assert len(out.read_text().splitlines()) == 8
    out.unlink()
    ran = run("decode", trained, manifest, "--lm", tmp_path / "none.arpa", "-o", out)
    assert ran.code == Exit.USAGE and "no such file" in ran.stderr and not out.exists()


WRONG = {
    "no such run or checkpoint": lambda run, manifest, folder: ("nowhere", manifest),
    "no audio in": lambda run, manifest, folder: (run, folder / "empty"),
    "no format `pdf`": lambda run, manifest, folder: (run, manifest, "--format", "pdf"),
    "--hot-word `a=b`": lambda run, manifest, folder: (run, manifest, "--hot-word", "a=b"),
    "without a language model": lambda run, manifest, folder: (run, manifest, "--alpha", "1"),
    "neither an ARPA file nor": lambda run, manifest, folder: (run, manifest, "--lm", manifest),
    "`beam` in flag is `0`": lambda run, manifest, folder: (run, manifest, "--beam", "0"),
    "is not a file of log-probs": lambda run, manifest, folder: (run, folder / "cut.npz"),
}


@pytest.mark.parametrize("message", WRONG)
def test_wrong_use_is_named(run, trained, manifest, tmp_path, message):
    import zipfile

    (tmp_path / "empty").mkdir()
    with zipfile.ZipFile(tmp_path / "cut.npz", "w") as archive:
        archive.writestr("head.json", "{}")
    ran = run("decode", *WRONG[message](trained, manifest, tmp_path))
    assert ran.code == Exit.USAGE and message in ran.stderr and "hint:" in ran.stderr and ran.stdout == ""


def test_log_probs_of_other_units_are_refused(run, trained, tmp_path):
    from ds2cli.decoding.log_probs import LogProbWriter
    from ds2cli.text.units import units_of

    with LogProbWriter(tmp_path / "other.npz", units_of(["ab"]), 0.02) as file:
        file.add({"id": "a"}, np.log(np.full((4, 3), 1 / 3, np.float32)))
    ran = run("decode", trained, tmp_path / "other.npz")
    assert ran.code == Exit.USAGE and "others" in ran.stderr
