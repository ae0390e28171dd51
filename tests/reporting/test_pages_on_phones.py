"""Report pages on a phone, in a real browser: nothing is wider than its 390 pixels but what scrolls by itself."""

import json

import pytest
from browser import BROWSER, FLAGS, needs_browser

from ds2cli.reporting.segment_page import segment_page

playwright = pytest.importorskip("playwright.sync_api", reason="pip install playwright: it drives the browser")
pytestmark = needs_browser
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
LONG = "donaudampfschifffahrtsgesellschaftskapitaenspatentpruefungskommission" * 2
# What is beyond the right edge, unless it, or what it stands in, scrolls sideways.
WIDE = """() => [...document.querySelectorAll("body *")].filter((element) => {
  const box = element.getBoundingClientRect();
  const scrolls = (one) => one && (getComputedStyle(one).overflowX === "auto" || scrolls(one.parentElement));
  return box.width && box.right > innerWidth + 1 && !element.closest("svg") && !scrolls(element);
}).map((element) => element.outerHTML.slice(0, 80))"""
SMALL = """() => [...document.querySelectorAll("body *")].filter((element) =>
  element.children.length === 0 && element.textContent.trim() && element.getBoundingClientRect().width
  && parseFloat(getComputedStyle(element).fontSize) < 12).map((element) => element.outerHTML.slice(0, 80))"""


@pytest.fixture(scope="module")
def phone():
    flags = [flag for flag in FLAGS if not flag.startswith(("--timeout", "--headless"))]
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=BROWSER, args=flags)
        yield chromium.new_context(**PHONE)
        chromium.close()


@pytest.fixture
def fits(phone):
    def check(path) -> None:
        page = phone.new_page()
        page.goto(path.as_uri(), wait_until="domcontentloaded")
        assert page.evaluate("document.querySelectorAll('#list > li').length") > 0
        assert page.evaluate("[document.documentElement.scrollWidth, innerWidth]") == [390, 390]
        assert page.evaluate(WIDE) == [] and page.evaluate(SMALL) == []
        page.close()

    return check


def test_a_score_fits(run, tmp_path, fits):
    rows = [{"id": f"{LONG}-{n}", "text": f"the cat {LONG} sat", "pred_text": "the bat sat", "speaker": f"speaker {n}"}
            for n in range(3)]  # fmt: skip
    page = tmp_path / "score.html"
    assert run("score", "--by", "speaker", "--html", page, stdin="\n".join(map(json.dumps, rows)) + "\n").code == 0
    fits(page)


def test_a_segmenting_job_fits(tmp_path, fits):
    words = [{"word": word, "start": 0.1, "end": 0.2, "confidence": 0.5} for word in ("he", LONG, "paid")]
    segments = [{"id": f"{LONG}-{n}", "offset": 3.0 * n, "duration": 2.0, "text": f"he {LONG} paid", "words": words,
                 "original": LONG, "confidence": 0.3 * n, "keep": n > 1, "features": {"cost": 12.3}}
                for n in range(4)]  # fmt: skip
    talk = {"id": LONG, "seconds": 700.0, "audio": "talk.opus", "peaks": [[-50, 60]] * 300, "segments": segments,
            "unwritten": [{"start": 6.0, "end": 9.5}], "unspoken": [{"words": 2, "text": LONG, "at": 5.5}],
            "notes": [LONG]}  # fmt: skip
    page = tmp_path / "segments.html"
    figures = [{"name": "kept", "value": "0.5 h", "note": "of 1 h"}]
    page.write_text(segment_page("talk", [talk], {"settings": "1 to 15 s", "figures": figures}), encoding="utf-8")
    fits(page)
