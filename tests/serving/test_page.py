"""The server's page in a browser: spoken into, given recordings, worked by keys; against `ds2 serve` itself."""

import json
import re
import time

import httpx
import numpy as np
import pytest
import soundfile
from browser import BROWSER, FLAGS, needs_browser

playwright = pytest.importorskip("playwright.sync_api", reason="pip install playwright: it drives the browser")
pytest.importorskip("starlette", reason="pip install ds2cli[serve]")

from servers import Server, free_port  # noqa: E402

from ds2cli.audio.files import read_audio  # noqa: E402
from ds2cli.scoring.rates import score_texts  # noqa: E402

pytestmark = needs_browser
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
TOKEN = "open sesame, ü"
SOON = 60_000  # milliseconds that a busy machine may take


@pytest.fixture(scope="module")
def talk(an4_utterances, tmp_path_factory):
    """Three utterances with silence between them, as a WAV."""
    utterances = [one for one in an4_utterances(60) if one.duration > 2][:3]
    parts = [part for one in utterances for part in (read_audio(one.audio, 16000), np.zeros(24000, np.float32))]
    path = tmp_path_factory.mktemp("talk") / "a talk.wav"
    soundfile.write(path, np.concatenate(parts), 16000, subtype="PCM_16")
    return path


@pytest.fixture(scope="module")
def server():
    with Server() as running:
        yield running


@pytest.fixture(scope="module")
def browser(talk):
    """A Chromium that hears the talk as its microphone, once."""
    flags = [flag for flag in FLAGS if not flag.startswith(("--timeout", "--headless"))]
    flags += ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream",
              f"--use-file-for-fake-audio-capture={talk}%noloop"]
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=BROWSER, args=flags)
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser):
    """`open_page(server, **of_context)`: the page, where an error or an address elsewhere fails the test."""
    contexts, wrong = [], []

    def opened(server: Server, **of_context):
        contexts.append(browser.new_context(**of_context))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: wrong.append(said.text) if "Security Policy" in said.text else None)
        page.on("request", lambda asked: wrong.append(asked.url) if not is_own(asked.url, server) else None)
        page.goto(server.address("/"))
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not wrong


def is_own(address: str, server: Server) -> bool:
    return address.startswith((server.address("/"), f"blob:{server.address('/')}"))


def speak(page, finals: int = 1) -> None:
    """Presses the button, and waits for so many utterances."""
    page.click("#speak")
    page.wait_for_selector("#speak[data-live]", timeout=SOON)
    page.wait_for_selector(f"article:first-of-type .said p:not(.open):nth-of-type({finals})", timeout=SOON)


def words_of(page, article: int = 0) -> list[str]:
    return page.locator("article").nth(article).locator(".word").all_inner_texts()


def taken(page, kind: str, article: int = 0) -> str:
    with page.expect_download() as download:
        page.locator("article").nth(article).locator(f"[data-as={kind}]").click()
    assert download.value.suggested_filename.endswith(f".{kind}")
    return download.value.path().read_text(encoding="utf-8")


def test_what_is_spoken_becomes_words(open_page, server, talk, run):
    """Open words first, then settled ones with times, confidence and a latency; the button ends it.

    The words are about those of the recording: the browser plays it at another rate.
    """
    page = open_page(server)
    page.click("#speak")
    page.wait_for_selector(".open .unsettled", timeout=SOON, state="attached")
    page.wait_for_selector(".said p:not(.open):nth-of-type(3)", timeout=SOON)
    page.click("#speak")
    page.wait_for_selector("#speak:enabled:not([data-live])", timeout=SOON)
    finals = [json.loads(line) for line in run("decode", "--stream", talk).stdout.splitlines() if '"final"' in line]
    said, expected = " ".join(words_of(page)), " ".join(one["pred_text"] for one in finals)
    assert score_texts(expected, said).wer < 40, (said, expected)
    told = page.locator(".word").first.get_attribute("data-told")
    assert re.fullmatch(r"\d+:\d\d\.\d\d to \d+:\d\d\.\d\d · \d+ % sure · settled \d+\.\d s later", told)
    assert page.locator(".open").count() == 0 and page.inner_text("#state") == "Press the button and speak."


def test_a_recording_that_is_dropped(open_page, server, talk, run):
    """Its words, times and subtitles are those of `ds2 decode` and of the server's own formats."""
    page, path = open_page(server), talk
    drop(page, path.name, path.read_bytes(), "audio/wav")
    page.wait_for_selector(".word", timeout=SOON)
    decoded = json.loads(run("decode", path).stdout)
    assert words_of(page) == decoded["pred_text"].split()
    records = json.loads(taken(page, "json"))
    assert [word["start"] for one in records for word in one["words"]] == [one["start"] for one in decoded["words"]]
    assert [word["confidence"] for one in records for word in one["words"]] == [
        one["confidence"] for one in decoded["words"]]  # fmt: skip
    for kind in ("srt", "vtt"):
        answer = httpx.post(server.address("/v1/audio/transcriptions"), files={"file": path.read_bytes()}, timeout=60,
                            data={"response_format": kind, "model": ""})
        assert taken(page, kind).split() == answer.text.split()
    assert taken(page, "txt").split() == decoded["pred_text"].split()


def drop(page, name: str, data: bytes, kind: str) -> None:
    """A file let go over the page, as a desktop does it."""
    transfer = page.evaluate_handle(
        """([name, numbers, type]) => {
          const transfer = new DataTransfer();
          transfer.items.add(new File([new Uint8Array(numbers)], name, { type }));
          return transfer;
        }""",
        [name, list(data), kind],
    )
    page.dispatch_event("body", "dragenter", {"dataTransfer": transfer})
    assert page.is_visible("#drop")
    page.dispatch_event("body", "drop", {"dataTransfer": transfer})
    assert not page.is_visible("#drop")


def test_what_is_no_recording_is_named_and_the_next_goes_on(open_page, server, talk, tmp_path):
    """Names are text, whatever they hold."""
    page, hostile = open_page(server), tmp_path / "<img src=x onerror=alert(1)>.wav"
    hostile.write_bytes(b"no sound at all")
    page.set_input_files("#files", [hostile, talk])
    page.wait_for_selector(".word", timeout=SOON)
    assert page.locator("h2").all_inner_texts() == ["a talk.wav", hostile.name]
    assert page.locator("img").count() == 0 and page.locator(".problem").inner_text()


def test_keys_and_screen_readers(open_page, server, talk):
    """Arrow keys go from word to word, and what they show is told; every control has a name."""
    page = open_page(server)
    page.set_input_files("#files", talk)
    page.wait_for_selector(".word", timeout=SOON)
    page.focus(".said")
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "End"):
        page.keyboard.press(key)
    words = words_of(page)
    assert page.locator(".word.chosen").inner_text() == words[-1]
    assert page.inner_text("#tip") == page.locator(".word").last.get_attribute("data-told")
    assert page.locator("#told").text_content().startswith(words[-1] + ": 0:")
    page.keyboard.press("Escape")
    assert not page.is_visible("#tip")
    controls = page.locator("button:visible, input:visible, select:visible, [role]:visible")
    names = page.evaluate("() => [...document.querySelectorAll('button, h1, h2')].map((one) => one.textContent.trim())")
    assert all(names) and controls.count() > 5
    page.get_by_role("button", name="Speak").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#speak[data-live]", timeout=SOON)


def test_on_a_phone_nothing_is_cut_off(open_page, server, talk):
    """No sideways scrolling at 390 pixels; a touch shows a word's time within the window; buttons fit a finger."""
    page = open_page(server, **PHONE)
    page.set_input_files("#files", talk)
    page.wait_for_selector(".word", timeout=SOON)
    for number in (0, len(words_of(page)) - 1):
        page.locator(".word").nth(number).tap()
        box = page.locator("#tip").bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 390 and box["y"] >= 0
    assert page.evaluate("() => document.documentElement.scrollWidth") == 390
    assert all(page.locator(one).first.bounding_box()["height"] >= 32 for one in ("#speak", "[data-as=srt]"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_in_light_and_dark(open_page, server, talk, scheme):
    """A contrast of 4.5 (WCAG 2.1, 1.4.3) between ink and ground, in words that are least sure too."""
    page = open_page(server, color_scheme=scheme)
    page.set_input_files("#files", talk)
    page.wait_for_selector(".word", timeout=SOON)
    page.evaluate("() => document.querySelector('.word').style.setProperty('--sure', 0)")
    page.screenshot()  # what is drawn is settled
    for selector in (".word", ".about", ".said time", "#state", "#speak .name", "#key"):
        assert contrast(page, selector) >= 4.5, selector


def contrast(page, selector: str) -> float:
    """Between an element's ink and what is painted behind it, as the browser mixes colours."""
    light, dark = sorted(page.evaluate(
        """(selector) => {
          const context = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
          const chain = [];
          for (let one = document.querySelector(selector); one; one = one.parentElement) chain.unshift(one);
          const luminance = () => [...context.getImageData(0, 0, 1, 1).data].slice(0, 3).map((value) => value / 255)
            .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
            .reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0);
          const paint = (colour) => { context.fillStyle = colour; context.fillRect(0, 0, 1, 1); };
          for (const one of chain) paint(getComputedStyle(one).backgroundColor);
          const ground = luminance();
          paint(getComputedStyle(chain.at(-1)).color);
          return [ground, luminance()];
        }""", selector), reverse=True)  # fmt: skip
    return (light + 0.05) / (dark + 0.05)


def test_a_token_is_asked_for_and_kept(open_page, tmp_path):
    """A wrong one is refused in words; the right one opens the microphone, and is there after a reload."""
    with Server("--token", TOKEN) as server:
        page = open_page(server)
        page.wait_for_selector("#access:visible")
        page.fill("#token", "wrong")
        page.click("#access button")
        page.wait_for_selector("text=The server does not know this token.")
        page.fill("#token", TOKEN)
        page.click("#access button")
        page.wait_for_selector("#access", state="hidden")
        speak(page)
        page.click("#speak")
        page.reload()
        page.wait_for_selector("#model:not(:empty)", state="attached")
        assert not page.is_visible("#access")


def test_a_server_that_dies_leaves_the_words(open_page, talk):
    """What was said stays and can be taken along; the page says what happened, and works when the server is back."""
    port = free_port()
    with Server(port=port) as first:
        page = open_page(first)
        speak(page)
        first.kill()
        page.wait_for_selector("#state.wrong", timeout=SOON)
        assert "lost" in page.inner_text("#state") and words_of(page) and taken(page, "txt").strip()
    with Server(port=port):
        time.sleep(0.1)
        page.set_input_files("#files", talk)
        page.wait_for_selector("article:nth-of-type(2) .word", timeout=SOON)
