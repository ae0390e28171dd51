"""The HTML report in a real browser: what it shows, how its filters answer, and that it plays the recordings."""

import json
import re

import pytest
from browser import HOSTILE, look, needs_browser

DRIVER = """
const names = () => [...document.querySelectorAll("#list strong")].map((name) => name.textContent);
const form = document.getElementById("filters");
const set = (change) => { change(); form.dispatchEvent(new Event("input")); return names(); };
seen.title = document.title;
seen.figures = [...document.querySelectorAll(".figure b")].map((rate) => rate.textContent);
seen.wrong = names();
seen.all = set(() => { form.wrong.checked = false; });
seen.inOrder = set(() => { form.sort.value = "order"; });
seen.found = set(() => { form.find.value = "SAT"; });
seen.deleted = set(() => { form.find.value = ""; form.querySelector("[value=deleted]").checked = true; });
seen.speaker = set(() => { form.querySelector("[value=deleted]").checked = false;
  form.querySelector("select[data-field=speaker]").value = "s2"; });
seen.everyone = set(() => { form.querySelector("select[data-field=speaker]").value = ""; });
document.querySelector("#confusions button").click();
seen.confused = names();
seen.words = [...document.querySelectorAll("#list li:first-child .word")].map((word) =>
  [word.title, word.children[0].textContent, word.children[1].textContent]);
const colour = (word) => getComputedStyle(word).backgroundColor;
seen.colours = new Set([...document.querySelectorAll(".word")].map(colour)).size;
const audio = document.querySelector("audio");
audio.addEventListener("loadeddata", () => { seen.audio = audio.duration; write(); });
audio.addEventListener("error", () => { seen.audio = -1; write(); });
audio.preload = "auto";
audio.load();
"""


@pytest.fixture
def records(an4) -> str:
    recording = sorted((an4 / "wav" / "an4test_clstk").rglob("*.opus"))[0]
    rows = [
        {"id": "u1", "text": "the cat sat", "pred_text": "the cat sat", "speaker": "s1"},
        {"id": "u2", "text": "the cat sat", "pred_text": "the bat", "speaker": "s1", "audio_filepath": str(recording)},
        {"id": "u3", "text": "你好 wifi", "pred_text": "你号 wifi", "speaker": "s2"},
        {"id": HOSTILE, "text": HOSTILE, "pred_text": "", "speaker": "s2"},
    ]
    return "".join(json.dumps(row) + "\n" for row in rows)


@needs_browser
@pytest.mark.parametrize("sound", ["link", "embed"])
def test_a_browser_shows_filters_and_plays_the_report(run, tmp_path, records, sound):
    page = tmp_path / "report.html"
    ran = run("score", "--by", "speaker", "--html", page, "--html-sound", sound, stdin=records)
    assert ran.code == 0, ran.stderr
    seen = look(page, tmp_path, DRIVER)
    assert seen["errors"] == []
    assert "WER" in seen["title"]
    assert seen["wrong"] == [HOSTILE, "u2", "u3"]
    assert set(seen["all"]) == {"u1", "u2", "u3", HOSTILE}
    assert seen["inOrder"] == ["u1", "u2", "u3", HOSTILE]
    assert seen["found"] == ["u1", "u2"]
    assert seen["deleted"] == ["u2", HOSTILE]
    assert seen["speaker"] == ["u3", HOSTILE]
    assert len(seen["everyone"]) == 4
    assert seen["confused"] == ["u2"]
    assert seen["words"] == [["correct", "the", "the"], ["deleted", "cat", ""], ["substituted", "sat", "bat"]]
    assert seen["colours"] == 3
    assert seen["audio"] > 0.5


def test_the_page_needs_nothing_but_itself(run, tmp_path, records):
    page = tmp_path / "report.html"
    run("score", "--html", page, "--html-sound", "none", stdin=records)
    text = page.read_text(encoding="utf-8")
    assert not re.search(r"https?://", text)
    assert "default-src 'none'" in text
    assert HOSTILE not in text
    assert text.count("</script>") == 2


def test_a_folder_that_is_not_there_is_named(run, tmp_path, records):
    ran = run("score", "--html", tmp_path / "no" / "report.html", stdin=records)
    assert ran.code == 2
    assert "cannot write" in ran.stderr


def test_a_recording_that_cannot_be_embedded_is_named(run, tmp_path):
    row = json.dumps({"text": "a", "pred_text": "a", "audio_filepath": "gone.wav"})
    ran = run("score", "--html", tmp_path / "x.html", "--html-sound", "embed", stdin=row)
    assert ran.code == 2
    assert "gone.wav" in ran.stderr


def test_what_lies_in_a_shard_plays_where_the_page_carries_it(run, tmp_path, an4_utterances):
    (one,) = an4_utterances(1)
    row = json.dumps({**one.record, "pred_text": "a"})
    (tmp_path / "m.jsonl").write_text(row + "\n")
    assert run("prepare", "shard", tmp_path / "m.jsonl", "--output", tmp_path / "s").code == 0
    pages = {}
    for sound in ("link", "embed"):
        pages[sound] = tmp_path / f"{sound}.html"
        ran = run("score", tmp_path / "s" / "shards.jsonl", "--html", pages[sound], "--html-sound", sound)
        assert ran.code == 0, ran.stderr
    assert ".tar" not in pages["link"].read_text() and "data:audio/ogg;base64," in pages["embed"].read_text()
