"""Pictures of an utterance are drawn whatever the network answers."""

import re

import numpy as np
import pytest

from ds2cli.reporting.spectrogram import Look, TimedWord, draw_sensitivity, draw_utterance, peaks


def look(probabilities: np.ndarray, seconds: float = 0.8, **changes) -> Look:
    frames, bins = 80, 16
    power = 20 * np.random.default_rng(0).standard_normal((frames, bins))
    return Look("one", power, 0.01 + 0.01 * np.arange(frames), [(3, "1"), (12, "4")], "kHz", probabilities,
                0.01 + 0.04 * np.arange(len(probabilities)), ["<blank>", "a", " ", "我"],
                **{"words": [TimedWord("a", 0.1, 0.3)], "reference": "a 我", "seconds": seconds,
                   **changes})  # fmt: skip


def spoken(*path: int, units: int = 4, certainty: float = 0.91) -> np.ndarray:
    probabilities = np.full((len(path), units), (1 - certainty) / (units - 1))
    probabilities[np.arange(len(path)), path] = certainty
    return probabilities


ANSWERS = {
    "words": spoken(0, 1, 1, 0, 2, 0, 1, 0, 0, 1),
    "silence": spoken(*[0] * 10),
    "no idea": np.full((10, 4), 0.25),
    "one frame": spoken(1),
}


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("suffix", ["svg", "png"])
def test_every_answer_can_be_drawn(tmp_path, answer, suffix):
    path = tmp_path / f"look.{suffix}"
    draw_utterance(look(ANSWERS[answer]), path)
    assert path.stat().st_size > 5_000


def test_silence_without_words_can_be_drawn(tmp_path):
    draw_utterance(look(ANSWERS["silence"], words=[], reference=""), tmp_path / "look.png")


@pytest.mark.parametrize("gradient", [np.zeros((80, 16)), np.random.default_rng(1).standard_normal((80, 16))])
def test_a_sensitivity_can_be_drawn_even_where_there_is_none(tmp_path, gradient):
    draw_sensitivity(look(ANSWERS["words"]), gradient, 2, 3, tmp_path / "look.png")


def test_each_stretch_of_a_unit_has_one_peak_and_the_blank_none():
    probabilities = spoken(0, 1, 1, 0, 1, 2, 0)
    probabilities[2, 1] = 0.99
    assert peaks(probabilities) == [(2, 1), (4, 1), (5, 2)]


def texts_of(page) -> list[str]:
    from xml.etree import ElementTree

    return [text.text for text in ElementTree.parse(page).iter("{http://www.w3.org/2000/svg}text")]


def test_a_long_utterance_has_rows_that_a_screen_shows_and_every_word_once(tmp_path):
    """Though a word crosses the end of a row; no row is of more than four seconds, none wider than a screen."""
    words = [TimedWord(f"w{n}", n * 0.7 + 0.1, n * 0.7 + 0.7) for n in range(13)]
    long = look(spoken(*[0, 1] * 120), seconds=9.5, words=words)
    draw_utterance(long, tmp_path / "look.svg")
    found = texts_of(tmp_path / "look.svg")
    assert [one for one in found if one.startswith("w")] == [word.text for word in words]
    assert found.count("seconds") == found.count("kHz") == 3
    width = float((tmp_path / "look.svg").read_text().partition('width="')[2].partition("pt")[0])
    assert width <= 12 * 72


def test_a_sensitivity_shows_the_seconds_around_it(tmp_path):
    words = [TimedWord(f"w{n}", n * 0.7 + 0.1, n * 0.7 + 0.7) for n in range(13)]
    long = look(spoken(*[0, 1] * 120), seconds=9.5, words=words)
    draw_sensitivity(long, np.ones((80, 16)), frame=120, unit=1, path=tmp_path / "look.svg")
    shown = [one for one in texts_of(tmp_path / "look.svg") if re.fullmatch(r"w\d+", one)]
    assert shown == ["w4", "w5", "w6", "w7", "w8", "w9"]
