"""Pictures of an utterance are drawn whatever the network answers."""

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
