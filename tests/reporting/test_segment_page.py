"""The page of a segmenting job in a real browser: outlines, the doubtful first, filters, keys and sound."""

import re

import pytest
from browser import HOSTILE, look, needs_browser

from ds2cli.reporting.choices import Sound
from ds2cli.reporting.segment_page import segment_page
from ds2cli.workflows.page_sound import sound_address

DRIVER = """
const ids = () => [...document.querySelectorAll("#list strong")].map((name) => name.textContent);
const form = document.getElementById("filters");
const set = (change) => { change(); form.dispatchEvent(new Event("input")); return ids(); };
const check = (verdict, on) => { form.querySelector(`[value=${verdict}]`).checked = on; };
const press = (key) => document.body.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true}));
const now = () => document.querySelector("#list .current strong").textContent;
seen.title = document.title;
seen.figures = [...document.querySelectorAll(".figure b")].map((value) => value.textContent);
seen.first = ids();
seen.inOrder = set(() => { form.sort.value = "order"; });
seen.doubtful = set(() => check("doubtful", true));
seen.doubtfulAndRejected = set(() => check("rejected", true));
seen.found = set(() => { check("doubtful", false); check("rejected", false); form.find.value = "$5"; });
seen.second = set(() => { form.find.value = ""; form.recording.value = "1"; });
set(() => { form.recording.value = ""; });
seen.original = document.querySelector("#list .original").textContent;
seen.words = [...document.querySelector("#list .words").children].map((word) => [word.textContent, word.title]);
const shade = (word) => getComputedStyle(word).backgroundColor;
seen.shades = new Set([...document.querySelectorAll(".words span")].map(shade)).size;
seen.leftOut = [...document.querySelectorAll("#left-out li span")].map((row) => row.textContent.trim());
seen.notes = [...document.querySelectorAll(".note")].map((note) => note.textContent);
seen.link = document.querySelector("#list a")?.getAttribute("href") ?? null;
const kinds = [...document.querySelectorAll("svg rect")].map((rect) => rect.getAttribute("class"));
seen.spans = kinds.sort().join(" ");
seen.rows = document.querySelectorAll("svg").length;
seen.paths = [...document.querySelectorAll("svg path")].every((path) => !path.getAttribute("d").includes("NaN"));
press("j"); seen.j = now();
press("j"); seen.jj = now();
press("k"); seen.k = now();
press("k"); seen.kk = now();
check("kept", true); form.dispatchEvent(new Event("input"));
document.querySelector("rect.rejected").dispatchEvent(new MouseEvent("click", {bubbles: true}));
seen.clicked = now();
seen.afterClick = ids().length;
const audio = document.querySelector("#player audio");
if (document.getElementById("player").hidden) { seen.audio = null; write(); }
audio.muted = true;
audio.addEventListener("loadeddata", () => { seen.audio = audio.duration; seen.at = audio.currentTime; write(); });
audio.addEventListener("error", () => { seen.audio = -1; write(); });
"""


def record(id: str, offset: float, confidence: float, **others) -> dict:
    words = [{"word": word, "start": 0.1 + at, "end": 0.3 + at, "confidence": sure}
             for at, (word, sure) in enumerate([("he", 1.0), ("paid", 0.5)])]
    return {"id": id, "audio_filepath": "talk.opus", "offset": offset, "duration": 2.0, "text": "he paid",
            "original": "“He paid…", "words": words, "confidence": confidence, "keep": confidence >= 0.5,
            "features": {"cost": 12.3456, "cost_per_label": 0.5}, **others}  # fmt: skip


def page_of(audio: str | None) -> str:
    talk = {
        "id": "talk", "seconds": 700.0, "audio": audio, "peaks": [[-50, 60], [-100, 100], [-3, 4]] * 100,
        "segments": [record("sure", 0.5, 0.99), record("poor", 3, 0.2), record("hm", 299, 0.6, original="He paid $5."),
                     record("well", 400, 0.7)],
        "unwritten": [{"start": 6.0, "end": 9.5}],
        "unspoken": [{"words": 12, "text": "A preface", "at": 5.5}, {"words": 1, "text": "Nowhere"}],
        "dropped": [{"start": 20.0, "end": 20.5, "reason": "shorter than 1 s", "text": "Yes."}],
        "notes": ["the last chapter is not in the text"],
    }
    bare = {"id": HOSTILE, "seconds": 5.0, "segments": [{"id": HOSTILE, "offset": 1.0, "duration": 2.0, "text": HOSTILE,
                                                         "confidence": 0.95, "keep": True}]}
    figures = [{"name": "kept", "value": "0.5 h", "note": "of 1 h"}]
    return segment_page("two talks", [talk, bare], {"settings": "1 to 15 s", "figures": figures})


@needs_browser
@pytest.mark.parametrize("sound", Sound)
def test_a_browser_shows_the_doubtful_first_and_plays_them(an4, tmp_path, sound):
    page = tmp_path / "page.html"
    recording = sorted((an4 / "wav" / "an4test_clstk").rglob("*.opus"))[0]
    page.write_text(page_of(sound_address(recording, page, sound)), encoding="utf-8")
    seen = look(page, tmp_path, DRIVER)
    assert seen["errors"] == []
    assert (seen["title"], seen["figures"]) == ("two talks", ["0.5 h"])
    assert seen["first"] == ["hm", "well", "poor", HOSTILE, "sure"]
    assert seen["inOrder"] == ["sure", "poor", "hm", "well", HOSTILE]
    assert seen["doubtful"] == ["hm", "well"]
    assert seen["doubtfulAndRejected"] == ["poor", "hm", "well"]
    assert seen["found"] == ["hm"]
    assert seen["second"] == [HOSTILE]
    assert seen["original"] == "“He paid…"
    assert seen["words"] == [["he", "1.00 · 00:00.6 to 00:00.8"], ["paid", "0.50 · 00:01.6 to 00:01.8"]]
    assert seen["shades"] == 2
    assert seen["leftOut"] == [
        "00:05.5 · text without sound, 12 words: A preface", "text without sound, 1 words: Nowhere",
        "00:06.0 · sound without text, 3.5 s", "00:20.0 · shorter than 1 s: Yes.",
    ]  # fmt: skip
    assert seen["notes"] == ["the last chapter is not in the text"]
    assert seen["rows"] == 4 and seen["paths"]  # 700 s in three rows, 5 s in one
    assert seen["spans"] == "doubtful doubtful dropped kept kept rejected unwritten"
    assert [seen[key] for key in ("j", "jj", "k", "kk")] == ["sure", "poor", "sure", "sure"]
    assert (seen["clicked"], seen["afterClick"]) == ("poor", 5)
    assert seen["link"] == (None if sound != Sound.link else f"{sound_address(recording, page, sound)}#t=0.5,2.5")
    assert (seen["audio"] is None) if sound == Sound.none else seen["audio"] > 0.5


def test_the_page_needs_nothing_but_itself():
    text = page_of(None)
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", text)
    assert "default-src 'none'" in text
    assert HOSTILE not in text and text.count("</script>") == 2


def test_a_job_without_segments_is_a_page_too():
    assert "nothing" in segment_page("nothing", [{"id": "a", "seconds": 0.0, "segments": []}], {})
