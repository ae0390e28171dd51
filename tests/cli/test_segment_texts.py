"""One reading, its text in the forms that people have: as much is kept, and no wrong word."""

import json
import re

import pytest

from ds2cli.text.documents import read_document
from ds2cli.text.normalise import normalise_english

NAMES = ("NARRATOR", "MARTHA", "MR. COLE")


@pytest.fixture(scope="module")
def reading(request, tmp_path_factory):
    """The recording, its sentences as they are written, and a folder that keeps what was heard."""
    data = request.config.rootpath / "recipes" / "segment" / "data"
    text = read_document(data / "chapter_001.xhtml").text
    told = " ".join(text[text.index("Call me Ishmael") :].split())[:1150]
    sentences = re.split(r"(?<=[.?])\s+", told)[:-1]
    return data / "mobydick_1.mp3", sentences, tmp_path_factory.mktemp("kept")


def words_kept(run, reading, text) -> tuple[list[str], str]:
    """The words of the kept segments in order, and what was said on stderr."""
    audio, _, work = reading
    ran = run("prepare", "segment", audio, text, "--work", work)
    assert ran.code in (0, 3), ran.stderr
    return [word for line in ran.stdout.splitlines() for word in json.loads(line)["text"].split()], ran.stderr


def clock(seconds: int, point: str = ",") -> str:
    return f"00:{seconds // 60:02d}:{seconds % 60:02d}{point}000"


def labels(sentences):
    return "\n\n".join(f"{NAMES[n % 3]}: {one}" for n, one in enumerate(sentences)), "names of speakers"


def stamps(sentences):
    lines = (f"[00:{n // 6:02d}:{10 * n % 60:02d}] SPEAKER {1 + n % 2}: {one}" for n, one in enumerate(sentences))
    return "\n".join(lines), "time stamps"


def directions(sentences):
    lines = (f"{one} [laughs]" if n % 2 else f"(sighs) {one}" for n, one in enumerate(sentences))
    return "\n\n".join(lines), "stage directions"


def subtitles(sentences):
    cues = (f"{n + 1}\n{clock(10 * n)} --> {clock(10 * n + 9)}\n<i>{one}</i>\n" for n, one in enumerate(sentences))
    return "\n".join(cues), ""


def rolling(sentences):
    """As YouTube has it: the line before stands above the next, with a time for each word."""
    cues, before = ["WEBVTT\nKind: captions\n"], " "
    for n, one in enumerate(sentences):
        said = "".join(f"<{clock(10 * n, '.')}><c> {word}</c>" for word in one.split())
        cues.append(f"{clock(10 * n, '.')} --> {clock(10 * n + 9, '.')} align:start position:0%\n{before}\n{said}\n")
        cues.append(f"{clock(10 * n + 9, '.')} --> {clock(10 * n + 10, '.')} align:start position:0%\n{one}\n \n")
        before = one
    return "\n".join(cues), ""


def note_references(sentences):
    marks = ('<a epub:type="noteref" href="#n">{}</a>', "<sup>{}</sup>", '<sup><a href="#n">[{}]</a></sup>')
    told = "".join(f"<p>{one}{marks[n % 3].format(n + 1)}</p>" for n, one in enumerate(sentences))
    return f'<html><body>{told}<aside epub:type="footnote"><p>1 Not read aloud at all.</p></aside></body></html>', ""


def hyphens(sentences):
    broken = " ".join(sentences)
    for word in ("precisely", "interest", "particular", "pausing", "driving", "regulating", "involuntarily"):
        broken = re.sub(rf"\b({word[:4]})({word[4:]})\b", "\\1-\n\\2", broken)
    return broken, "joined at lines' ends"


FORMS = [(labels, ".txt"), (stamps, ".txt"), (directions, ".txt"), (subtitles, ".srt"), (rolling, ".vtt"),
         (note_references, ".html"), (hyphens, ".txt")]


@pytest.fixture(scope="module")
def plain():
    return {}


@pytest.mark.parametrize(("form", "suffix"), FORMS, ids=lambda one: getattr(one, "__name__", one))
def test_as_much_is_kept_of_every_form_as_of_the_plain_text(run, reading, plain, tmp_path, form, suffix):
    _, sentences, _ = reading
    if not plain:
        (tmp_path / "plain.txt").write_text(" ".join(sentences), encoding="utf-8")
        plain["kept"], _ = words_kept(run, reading, tmp_path / "plain.txt")
    text, said_to_be_left_out = form(sentences)
    (tmp_path / f"form{suffix}").write_text(text, encoding="utf-8")
    kept, said = words_kept(run, reading, tmp_path / f"form{suffix}")
    rest = iter(normalise_english(" ".join(sentences)).text.split())
    assert len(plain["kept"]) > 120 and len(kept) >= 0.95 * len(plain["kept"])
    assert all(word in rest for word in kept), "a word that nobody says there"
    assert said_to_be_left_out in said


def test_a_text_that_is_lost_whole_is_doubted_and_counted(run, reading, tmp_path):
    """Heard and rejected, or heard and in no segment: as much lost as what was not heard."""
    audio, sentences, work = reading
    (tmp_path / "plain.txt").write_text(" ".join(sentences), encoding="utf-8")
    asked = ("prepare", "segment", audio, tmp_path / "plain.txt", "--work", work, "--report", tmp_path / "r.jsonl")
    for options, reason in ((("--min-confidence", 1), "rejected by the filter"),
                            (("--min", 60, "--target", 70, "--max", 80), "dropped: ")):
        ran = run(*asked, *options)
        report = json.loads((tmp_path / "r.jsonl").read_text())
        lost = report["rejected_words"] + report["dropped_words"] + report["words"] - report["aligned_words"]
        assert report["kept_words"] + lost == report["words"]
        assert (ran.code, ran.stdout) == (3, "") and reason in ran.stderr and "in no kept segment" in report["doubt"]


def test_names_with_spaces_become_names_that_every_form_can_hold(run, reading, tmp_path):
    audio, sentences, _ = reading
    (tmp_path / "My talk.mp3").write_bytes(audio.read_bytes())
    (tmp_path / "My talk.txt").write_text(" ".join(sentences), encoding="utf-8")
    asked = ("prepare", "segment", tmp_path, "--work", tmp_path / "work")
    ran = run(*asked, "--kaldi", tmp_path / "kaldi", "--html", tmp_path / "page.html")
    assert ran.code == 0 and (tmp_path / "page.html").exists(), ran.stderr
    assert (tmp_path / "kaldi" / "wav.scp").read_text().startswith("My_talk ")
    ctm = run(*asked, "--format", "ctm").stdout
    assert ctm and all(len(line.split()) == 6 and line.startswith("My_talk 1 ") for line in ctm.splitlines())
