"""Log-probs of many units on disk: what is kept is kept as it was, and a beam that looks no further hears the same."""

import numpy as np
import pytest

from ds2cli.decoding.log_probs import LogProbFile, LogProbWriter, check_log_probs
from ds2cli.decoding.pruned import CUTOFF_PROB, CUTOFF_TOP, prune_units, whole
from ds2cli.errors import UsageError
from ds2cli.text.units import BLANK, Units

UNITS = Units(("<blank>", *(chr(0x4E00 + at) for at in range(6000))))


def posteriors(n_frames: int, seed: int, sharpness: float = 6.0) -> np.ndarray:
    """(T, V): a few likely units in each frame, the others far below."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(n_frames, len(UNITS)))
    logits[np.arange(n_frames)[:, None], rng.integers(0, len(UNITS), (n_frames, 5))] += sharpness * rng.random(5) * 3
    return (logits - np.logaddexp.reduce(logits, axis=1)[:, None]).astype(np.float32)


@pytest.mark.parametrize("sharpness", [0.0, 3.0, 9.0])
def test_the_kept_are_the_fewest_that_reach_the_cutoff_and_the_blank(sharpness):
    log_probs = posteriors(30, 1, sharpness)
    pruned = prune_units(log_probs)
    ends = pruned.counts.astype(int).cumsum()
    for t, (frame, first, last) in enumerate(zip(log_probs, ends - pruned.counts, ends, strict=True)):
        order = np.argsort(-frame, kind="stable")[:CUTOFF_TOP]
        reached = np.exp(frame[order].astype(float)).cumsum()
        fewest = int(np.argmax(reached >= CUTOFF_PROB)) + 1 if (reached >= CUTOFF_PROB).any() else CUTOFF_TOP
        assert set(pruned.units[first:last]) == {BLANK, *order[:fewest]}, t
        assert (pruned.values[first:last] == frame[pruned.units[first:last]]).all()


@pytest.mark.parametrize("sharpness", [0.0, 3.0, 40.0])
def test_what_is_read_are_log_probs_that_share_the_rest(sharpness):
    log_probs = posteriors(20, 2, sharpness)
    found = whole(prune_units(log_probs), len(UNITS))
    assert np.allclose(np.logaddexp.reduce(found, axis=1), 0, atol=1e-4)
    check_log_probs(found, len(UNITS), "here")
    assert (found.argmax(1) == log_probs.argmax(1)).all()
    assert whole(prune_units(log_probs[:0]), len(UNITS)).shape == (0, len(UNITS))


def test_a_file_of_many_units_is_small_and_one_of_few_is_whole(tmp_path):
    """AISHELL's dev set, 18 h in frames of 40 ms, would take a hundredth of the 39 GB that it takes whole."""
    log_probs = posteriors(200, 3)
    few = Units(UNITS.names[:50])
    small = np.full((7, 50), -np.log(50), np.float32)
    for units, array, name in ((UNITS, log_probs, "many.npz"), (few, small, "few.npz")):
        with LogProbWriter(tmp_path / name, units, 0.04) as file:
            file.add({"id": "a"}, array)
    assert (tmp_path / "many.npz").stat().st_size < 200 * (6 * CUTOFF_TOP + 7) + 30_000
    ((record, found),) = LogProbFile(tmp_path / "many.npz")
    assert record == {"id": "a"} and np.allclose(found, whole(prune_units(log_probs), len(UNITS)))
    ((_, found),) = LogProbFile(tmp_path / "few.npz")
    assert (found == small).all()


def test_a_damaged_file_of_many_units_is_named(tmp_path):
    import io
    import zipfile

    with LogProbWriter(tmp_path / "a.npz", UNITS, 0.04) as file:
        file.add({"id": "a"}, posteriors(5, 4))
    parts = prune_units(posteriors(5, 4))
    for broken in (parts._replace(counts=parts.counts + 1), parts._replace(units=parts.units + 6000), parts[:2]):
        content = io.BytesIO()
        for part in broken:
            np.save(content, part)
        with zipfile.ZipFile(tmp_path / "a.npz") as old, zipfile.ZipFile(tmp_path / "b.npz", "w") as new:
            for name in old.namelist():
                new.writestr(name, content.getvalue() if name.endswith(".npy") else old.read(name))
        with pytest.raises(UsageError, match="utterance 1 is damaged"):
            list(LogProbFile(tmp_path / "b.npz"))
