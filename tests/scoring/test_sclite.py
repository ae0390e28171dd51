"""Equal, count for count, to NIST sclite: its recorded answers on transcripts with choices and on recordings."""

import json
from pathlib import Path

import pytest

from ds2cli.scoring.corpus import Counting, count
from ds2cli.scoring.pairs import Pair
from ds2cli.scoring.reading import ReadOptions, read_pairs
from ds2cli.scoring.tokens import split_spaces

ANSWERS = json.loads((Path(__file__).parent / "sclite_answers.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", ANSWERS["transcripts"], ids=lambda case: case["flags"])
def test_transcripts_with_choices_count_as_sclite_counts_them(case):
    flags = case["flags"]
    counting = Counting(split_spaces, optional=flags in ("optional", "both"), fragments=flags in ("fragments", "both"))
    pairs = [Pair(str(n), reference, hypothesis, markup=True) for n, (reference, hypothesis) in enumerate(case["pairs"])]
    assert len(case["counts"]) == len(pairs)
    assert count(pairs, counting).words.tolist() == case["counts"]


@pytest.mark.parametrize("case", ANSWERS["recordings"])
def test_time_marked_recordings_count_as_sclite_counts_them(case, tmp_path):
    for kind in ("stm", "ctm"):
        (tmp_path / f"x.{kind}").write_text(case[kind])
    pairing = read_pairs(tmp_path / "x.stm", tmp_path / "x.ctm", ReadOptions())
    assert count(pairing.pairs, Counting(split_spaces)).words.tolist() == case["counts"]
