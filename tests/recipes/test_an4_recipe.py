"""The whole pipe on real speech, as a newcomer runs it: prepare, train, lm, decode, score."""

import json

import pytest


@pytest.mark.slow
def test_the_an4_recipe_ends_near_its_published_word_error_rates(recipe, tmp_path):
    ran = recipe("an4", DS2_WORK=tmp_path)
    assert ran.returncode == 0, ran.stderr[-2000:]
    result = json.loads(ran.stdout.splitlines()[-1])
    # recipes/an4/README.md says what was reached; other processors round otherwise, and 130 utterances are few.
    assert result["greedy_wer"] <= 12
    assert result["lm_wer"] <= 10
    assert (tmp_path / "quick" / "run" / "curve.svg").stat().st_size > 1000
