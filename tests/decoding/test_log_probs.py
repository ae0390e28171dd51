"""What is not log-probs is called by its name; saved log-probs come back as they were."""

import numpy as np
import pytest
from small_searches import UNITS, random_log_probs

from ds2cli.decoding.log_probs import LogProbFile, LogProbWriter, check_log_probs, is_log_prob_file
from ds2cli.errors import Ds2Error, UsageError

LOGITS = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32) * 4


@pytest.mark.parametrize(
    ("array", "name"),
    [
        (np.exp(random_log_probs(5, 4, 0)), "probabilities, not log-probs"),
        (LOGITS, "logits need a log-softmax"),
        (random_log_probs(5, 4, 0) / np.log(10), "base 10"),
        (np.where(np.eye(5, 4) == 1, np.nan, random_log_probs(5, 4, 0)), "NaN in frame 0"),
        (random_log_probs(5, 3, 0), "there are 4 units"),
        (random_log_probs(5, 4, 0)[0], "there are 4 units"),
    ],
)
def test_what_is_not_log_probs_is_called_by_its_name(array, name):
    with pytest.raises(Ds2Error) as caught:
        check_log_probs(array, 4, "`x`")
    assert name in f"{caught.value} {caught.value.hint}" and "`x`" in str(caught.value)


def test_log_probs_pass_in_any_precision_and_layout():
    log_probs = random_log_probs(6, 4, 1)
    for same in (log_probs.astype(np.float64), np.asfortranarray(log_probs), log_probs.astype(np.float16)):
        checked = check_log_probs(same, 4, "")
        assert checked.dtype == np.float32 and checked.flags.c_contiguous
    certain = np.where(np.eye(4) == 1, 0.0, -np.inf)
    assert len(check_log_probs(certain, 4, "")) == 4


def test_saved_log_probs_come_back_as_they_were(tmp_path):
    path = tmp_path / "probs.npz"
    saved = [({"id": str(i), "text": "ä"}, random_log_probs(3 + i, 4, i)) for i in range(4)]
    with LogProbWriter(path, UNITS, 0.04) as file:
        for record, log_probs in saved:
            file.add(record, log_probs)
        assert not path.exists()
    assert is_log_prob_file(path)
    again = LogProbFile(path)
    assert again.units == UNITS and again.frame_seconds == 0.04 and len(again) == 4
    for (record, log_probs), (before, array) in zip(again, saved, strict=True):
        assert record == before
        np.testing.assert_array_equal(log_probs, array)
    np.testing.assert_array_equal(np.load(path)["0000001"], saved[1][1])


def test_a_file_cut_short_is_an_error_and_an_interrupted_one_never_appears(tmp_path):
    path = tmp_path / "probs.npz"
    with LogProbWriter(path, UNITS, 0.04) as file:
        file.add({}, random_log_probs(50, 4, 0))
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(UsageError, match="cut short"):
        LogProbFile(path)
    path.unlink()
    with pytest.raises(KeyboardInterrupt), LogProbWriter(path, UNITS, 0.04) as file:
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []
