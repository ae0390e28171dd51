"""Equal, count for count, to NIST sclite, sc_stats and rfilter1, by their recorded answers (record_sclite.py)."""

import json
from pathlib import Path

import pytest

from ds2cli.scoring.choices import ReadOptions
from ds2cli.scoring.corpus import Counting, count_corpus
from ds2cli.scoring.edits.alignment import align_tokens
from ds2cli.scoring.edits.tokens import split_spaces
from ds2cli.scoring.glm import read_glm
from ds2cli.scoring.inputs.pairs import Pair
from ds2cli.scoring.inputs.reading import read_pairs
from ds2cli.scoring.significance import matched_pairs, segment_errors

ANSWERS = json.loads((Path(__file__).parent / "sclite_answers.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", ANSWERS["transcripts"], ids=lambda case: case["flags"])
def test_transcripts_with_choices_count_as_sclite_counts_them(case):
    flags = case["flags"]
    counting = Counting(split_spaces, optional=flags in ("optional", "both"), fragments=flags in ("fragments", "both"))
    pairs = [Pair(str(n), *sides, marked=(True, True)) for n, sides in enumerate(case["pairs"])]
    assert len(case["counts"]) == len(pairs)
    assert count_corpus(pairs, counting).words.tolist() == case["counts"]


@pytest.mark.parametrize("case", ANSWERS["recordings"])
def test_time_marked_recordings_count_as_sclite_counts_them(case, tmp_path):
    for kind in ("stm", "ctm"):
        (tmp_path / f"x.{kind}").write_text(case[kind])
    pairing = read_pairs(tmp_path / "x.stm", tmp_path / "x.ctm", ReadOptions())
    assert count_corpus(pairing.pairs, Counting(split_spaces)).words.tolist() == case["counts"]


@pytest.mark.parametrize("case", ANSWERS["systems"])
def test_matched_pairs_say_what_sc_stats_says(case):
    reference, a, b = ([text.split() for text in case[name]] for name in "RAB")
    paths = zip(align_tokens(reference, a), align_tokens(reference, b), strict=True)
    test = matched_pairs([segment for pair in paths for segment in segment_errors(*pair)])
    found = [test.segments, test.mean, test.deviation, test.z]
    assert found == pytest.approx(case["mapsswe"], abs=5.1e-4)


@pytest.mark.parametrize("case", ANSWERS["mappings"])
def test_mapping_rules_do_what_rfilter1_does(case):
    glm = read_glm(enumerate(case["glm"], 1), "glm")
    assert [glm.apply(text) for text in case["texts"]] == case["outputs"]
