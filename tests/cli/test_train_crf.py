"""`ds2 train --set loss.kind=ctc_crf`: a language model of units in the loss."""

import json

import pytest
import torch

from ds2cli.model.checkpoint import load_checkpoint

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def lm(data):
    from ds2cli.cli import main

    path = data / "units.arpa"
    asked = ["-q", "lm", "build", str(data / "train.jsonl"), "--units", "--spaces", "--order", "2", "-o", str(path)]
    assert main(asked) == 0
    return path


def crf(lm) -> tuple[str, ...]:
    return "--set", "loss.kind=ctc_crf", "--set", f"loss.lm={lm}"


def test_a_run_goes_on_with_it_from_a_ctc_run_and_is_heard_as_any_other(run, train, data, lm, tmp_path, monkeypatch):
    assert train().code == 0
    monkeypatch.chdir(lm.parent)
    ran = run("train", data / "train.jsonl", "--dev", data / "dev.jsonl", "--init", tmp_path / "run",
              *crf("units.arpa"), "--epochs", 2, "--batch-seconds", 8, "--run", tmp_path / "b")  # fmt: skip
    assert ran.code == 0, ran.stderr
    assert "loss: CTC-CRF over" in ran.stderr
    assert load_checkpoint(tmp_path / "b").config.loss.lm == str(lm)
    events = [json.loads(line) for line in (tmp_path / "b" / "metrics.jsonl").read_text().splitlines()]
    assert all(0 < event["loss"] < 1000 for event in events if event["event"] == "step")
    evaluations = [event for event in events if event["event"] == "evaluation"]
    assert all(event["loss_kind"] == "ctc_crf" and event["dev_objective"] > 0 for event in evaluations)
    assert all(event["dev_objective"] != event["dev_loss"] for event in evaluations)
    assert "CTC-CRF loss" in (tmp_path / "b" / "curve.svg").read_text()
    assert run("decode", tmp_path / "b", data / "dev.jsonl").code == 0


def test_a_run_that_lost_its_model_s_file_resumes_with_its_own_copy_bit_for_bit(run, train, data, lm, tmp_path):
    moved = tmp_path / "moved.arpa"
    moved.write_bytes(lm.read_bytes())
    assert train(None, *crf(moved)).code == 0
    expected = load_checkpoint(tmp_path / "run").weights
    moved.unlink()
    for name in ("trainer.pt", "best.safetensors", "last.safetensors", "metrics.jsonl", "samples.jsonl"):
        (tmp_path / "run" / name).unlink()
    assert run("train", "--resume", tmp_path / "run").code == 0
    again = load_checkpoint(tmp_path / "run").weights
    assert all(torch.equal(weights, expected[name]) for name, weights in again.items())


KNOWS_A_ONLY = "\\data\\\nngram 1=3\n\n\\1-grams:\n-1 <s>\n-1 </s>\n-1 a\n\n\\end\\\n"


@pytest.mark.parametrize("content, problem", [
    (None, "no such file"), ("the cat\n", "neither an ARPA"), (KNOWS_A_ONLY, "does not know 8 of 9 units"),
])  # fmt: skip
def test_a_model_that_cannot_serve_is_an_error_before_a_folder_is_made(train, tmp_path, content, problem):
    path = tmp_path / "bad.arpa"
    if content is not None:
        path.write_text(content)
    ran = train(None, *crf(path))
    assert (ran.code, ran.stdout) == (2, "")
    assert problem in ran.stderr and "hint: " in ran.stderr
    assert not (tmp_path / "run").exists()


def test_without_a_model_it_says_how_to_make_one(train):
    ran = train(None, "--set", "loss.kind=ctc_crf")
    assert ran.code == 2
    assert "CTC-CRF without an n-gram of units" in ran.stderr and "hint: ds2 lm build" in ran.stderr
