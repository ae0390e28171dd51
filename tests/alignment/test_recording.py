"""Long recordings are aligned as well as if they were solved whole, and what does not match is noticed."""

import numpy as np
import pytest
from mismatches import judge, mismatch
from spoken import SPACE, speak, write

from ds2cli.alignment import recording
from ds2cli.alignment.path import PLAIN, Prices
from ds2cli.alignment.recording import align_recording
from ds2cli.alignment.viterbi import viterbi_path
from ds2cli.errors import TextError


def first_frames(aligned) -> np.ndarray:
    """(L,) the frame in which each label begins; -1 where its word was left out."""
    return np.where(aligned.starts >= 0, aligned.starts // aligned.steps, -1)


@pytest.mark.parametrize("error", [0.0, 0.15, 0.3, 0.5])
@pytest.mark.parametrize("prices", [PLAIN, None])
def test_cut_into_pieces_it_is_the_path_of_the_whole(error, prices):
    labels, starts = write(4300, seed=3)
    log_probs, _ = speak(labels, error, seed=4)
    cut = align_recording(log_probs, labels, starts, prices)
    whole = viterbi_path(log_probs, labels, starts, cut.prices, steps=cut.steps)
    assert cut.score == pytest.approx(whole.score, abs=0.01)
    assert (np.abs(cut.starts - whole.starts) <= 1).mean() > 0.999  # ties: either half of a frame
    assert cut.matches and not cut.notes


@pytest.mark.parametrize("kind", ["scattered", "gaps", "edges", "swapped"])
@pytest.mark.parametrize("error", [0.1, 0.3])
def test_with_text_and_audio_missing_too(kind, error):
    case = mismatch(kind, 3000, error, seed=5)
    cut = align_recording(case.log_probs, case.labels, case.word_starts)
    whole = viterbi_path(case.log_probs, case.labels, case.word_starts, cut.prices, steps=cut.steps)
    assert cut.score == pytest.approx(whole.score, abs=0.01)


@pytest.mark.parametrize("kind", ["clean", "scattered", "gaps", "edges"])
@pytest.mark.parametrize("error", [0.0, 0.15, 0.3, 0.45])
def test_right_text_is_kept_and_surplus_text_is_left_out(kind, error):
    case = mismatch(kind, 6000, error, seed=6)
    verdict = judge(case, first_frames(align_recording(case.log_probs, case.labels, case.word_starts)))
    assert verdict.near > 0.985
    assert verdict.ghosts < 0.05
    assert verdict.lost < 0.01


def test_of_two_swapped_paragraphs_one_is_left_out_and_the_rest_is_right():
    case = mismatch("swapped", 6000, 0.2, seed=7)
    verdict = judge(case, first_frames(align_recording(case.log_probs, case.labels, case.word_starts)))
    assert 0.05 < verdict.lost < 0.12
    assert verdict.near > 0.99 - verdict.lost


def test_wrong_cuts_are_found_and_mended(monkeypatch):
    labels, starts = write(4000, seed=8)
    log_probs, frames = speak(labels, 0.2, seed=9)
    wrong = [(int(frames[starts[word]]) + shift, word) for word, shift in ((100, 60), (250, -90), (400, 0), (500, 5))]
    monkeypatch.setattr(recording, "find_cuts", lambda *_: wrong)
    for prices in (PLAIN, Prices(15.0, 1.3, 15.0, 1.3)):
        mended = align_recording(log_probs, labels, starts, prices)
        assert mended.moved >= 3
        assert mended.score == pytest.approx(viterbi_path(log_probs, labels, starts, prices, steps=2).score, abs=0.01)


def test_sentences_that_come_again_and_again_stay_in_their_places():
    text, starts = write(600, seed=10)
    refrain, refrain_starts = text[: starts[40]], starts[:40]
    verse = text[starts[40] :]
    parts, firsts, at = [], [], 0
    for part, offsets in ((refrain, refrain_starts), (verse, starts[40:-1] - starts[40])) * 6:
        piece = part if part[-1] == SPACE else np.append(part, SPACE)
        parts.append(piece)
        firsts.append(offsets + at)
        at += len(piece)
    labels = np.concatenate(parts).astype(np.int32)
    word_starts = np.append(np.concatenate(firsts), len(labels)).astype(np.int32)
    log_probs, frames = speak(labels, 0.2, seed=11)
    aligned = align_recording(log_probs, labels, word_starts)
    assert (np.abs(aligned.starts // aligned.steps - frames) <= 5).mean() > 0.99


def test_a_chapter_that_is_not_read_is_left_out():
    labels, starts = write(6000, seed=12)
    log_probs, frames = speak(labels[starts[600] :], 0.2, seed=13)
    aligned = align_recording(log_probs, labels, starts)
    assert (aligned.starts[: starts[600]] < 0).mean() > 0.99
    assert (np.abs(aligned.starts[starts[600] :] // aligned.steps - frames) <= 5).mean() > 0.99


def test_minutes_of_other_speech_hold_no_text():
    labels, starts = write(4000, seed=14)
    other, _ = write(3000, seed=15)
    middle = starts[350]
    spoken = [speak(part, 0.2, seed=16 + i) for i, part in enumerate((labels[:middle], other, labels[middle:]))]
    log_probs = np.concatenate([one for one, _ in spoken])
    first, after = np.cumsum([len(one) for one, _ in spoken])[:2]
    aligned = align_recording(log_probs, labels, starts)
    frames = first_frames(aligned)
    inside = (frames >= first + 5) & (frames < after - 5)
    assert inside.sum() < 20
    held = sum(max(0, min(last, after) - max(begin, first))
               for begin, last in ((begin / aligned.steps, last / aligned.steps) for begin, last, _ in aligned.stars))
    assert held > 0.95 * (after - first)
    assert (aligned.starts < 0).mean() < 0.01


@pytest.mark.parametrize("prices", [PLAIN, None])
def test_a_text_of_another_recording_does_not_match(prices):
    labels, _ = write(3000, seed=17)
    other, starts = write(2800, seed=18)
    log_probs, _ = speak(labels, 0.2, seed=19)
    assert not align_recording(log_probs, other, starts, prices).matches


def test_a_chapter_matches_its_whole_book():
    labels, starts = write(20_000, seed=20)
    log_probs, _ = speak(labels[starts[1000] : starts[1200]], 0.5, seed=21)
    aligned = align_recording(log_probs, labels, starts)
    assert aligned.explained > 0.4 and aligned.matches


def test_texts_of_thousands_of_characters_have_anchors():
    generator = np.random.default_rng(22)
    labels = (1 + generator.zipf(1.3, size=1500) % 1500).astype(np.int32)
    log_probs, frames = speak(labels, 0.1, seed=23, n_units=1501, frames_per_label=3.0, loud=12.0)
    aligned = align_recording(log_probs, labels, np.arange(len(labels) + 1))
    assert aligned.anchored > 0.2 and aligned.pieces > 5
    assert (np.abs(aligned.starts // aligned.steps - frames) <= 3).mean() > 0.97


def test_a_stretch_too_large_to_be_searched_is_left_out_and_said_to_be(monkeypatch):
    labels, starts = write(3000, seed=24)
    other, other_starts = write(3000, seed=25)
    unread, _ = write(2500, seed=26)
    log_probs = np.concatenate([speak(labels, 0.1, seed=27)[0], speak(unread, 0.1, seed=28)[0]])
    text = np.concatenate([labels, [SPACE], other]).astype(np.int32)
    words = np.concatenate([starts[:-1], len(labels) + 1 + other_starts]).astype(np.int32)
    monkeypatch.setattr(recording, "MOST_CELLS", 2e6)
    aligned = align_recording(log_probs, text, words)
    note, *others = aligned.notes
    assert all("not checked" in other.text for other in others)  # the cut beside it cannot be looked at either
    assert note.text.startswith("left out") and note.frames[1] == len(log_probs)
    assert (aligned.starts[:2500] >= 0).all() and (aligned.starts[3200:] < 0).all()
    with pytest.raises(TextError, match="too large"):
        align_recording(log_probs, text, words, PLAIN)


def test_a_text_longer_than_its_recording_is_refused_or_left_out():
    labels, starts = write(300, seed=29)
    log_probs, _ = speak(labels[:40], 0.0, seed=30)
    with pytest.raises(TextError, match="does not fit"):
        align_recording(log_probs, labels, starts, PLAIN)
    assert (align_recording(log_probs, labels, starts).starts >= 0).sum() <= 60


@pytest.mark.parametrize("prices", [PLAIN, None])
@pytest.mark.parametrize("n_frames", [1, 30])
def test_the_smallest_recordings_and_texts_have_an_answer(prices, n_frames):
    log_probs = np.full((n_frames, 4), np.log(0.25), np.float32)
    nothing = align_recording(log_probs, [], [0], prices)
    assert nothing.score == pytest.approx(n_frames * np.log(0.25)) and nothing.explained == 0.0
    assert align_recording(log_probs, [2], [0, 1], prices).starts.tolist() == [0] or n_frames > 1


def test_no_frames_hold_no_text():
    silence = np.zeros((0, 4), np.float32)
    assert align_recording(silence, [2], [0, 1]).starts.tolist() == [-1]
    with pytest.raises(TextError):
        align_recording(silence, [2], [0, 1], PLAIN)
