"""The models that ds2 brings: found by name, small, described."""

import pytest

from ds2cli.errors import CheckpointError
from ds2cli.model.checkpoint import SHIPPED, checkpoint_path, load_checkpoint
from ds2cli.model.recogniser import load_recogniser

MODELS = sorted(path.parent.name for path in SHIPPED.glob("*/best.safetensors"))


def test_there_is_an_english_one():
    assert "english" in MODELS


@pytest.mark.parametrize("name", MODELS)
def test_a_shipped_model_is_small_and_has_a_card(name):
    assert checkpoint_path(name).stat().st_size < 20e6
    card = (SHIPPED / name / "README.md").read_text(encoding="utf-8")
    for what in ("## Data", "## Accuracy", "## Limits", "WER", "licence"):
        assert what in card
    assert load_recogniser(name).units == load_checkpoint(SHIPPED / name).units


def test_a_file_or_folder_of_that_name_comes_first(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert checkpoint_path("english").parent == SHIPPED / "english"
    (tmp_path / "english").mkdir()
    with pytest.raises(CheckpointError, match="no checkpoint in"):
        checkpoint_path("english")


@pytest.mark.parametrize("name", ["klingon", "english.safetensors", "../shipped/english"])
def test_other_names_are_no_models(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CheckpointError, match="no such run or checkpoint"):
        checkpoint_path(name)
