"""`ds2 train --set loss.teachers=[...]`: a network learns what others answer."""

import json

import pytest
import torch

from ds2cli.model.checkpoint import load_checkpoint
from ds2cli.model.recogniser import load_recogniser
from ds2cli.training.losses.distillation import distillation_losses

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def teachers(train, tmp_path):
    """Two runs that have learned a little."""
    for seed in (1, 2):
        assert train(None, "--seed", seed).code == 0
        (tmp_path / "run").rename(tmp_path / f"t{seed}")
    return [tmp_path / "t1", tmp_path / "t2"]


def taught_by(*runs) -> tuple[str, str]:
    return "--set", f"loss.teachers={json.dumps([str(one) for one in runs])}"


def apart(run, teacher) -> float:
    """Nats between a run's answers to a second of noise and a teacher's."""
    torch.manual_seed(5)
    sound, lengths = 0.1 * torch.randn(1, 8000), torch.tensor([8000])
    with torch.inference_mode():
        heard, frames = load_recogniser(run)(sound, lengths)
        return distillation_losses(heard, load_recogniser(teacher)(sound, lengths)[0], frames).item()


def test_what_is_learned_is_nearer_to_the_teacher_and_resumes_without_it_bit_for_bit(run, train, teachers, tmp_path):
    first, second = teachers
    longer = "--seed", 3, "--epochs", 6, "--lr", 0.02
    assert train(None, *longer).code == 0
    alone = apart(tmp_path / "run", first)
    (tmp_path / "run").rename(tmp_path / "alone")
    ran = train(None, *longer, *taught_by(first, first), "--set", "loss.distillation=50")
    assert ran.code == 0 and f"learns from other runs, too: {first}, {first}" in ran.stderr
    assert apart(tmp_path / "run", first) < 0.7 * alone
    expected = load_checkpoint(tmp_path / "run")
    assert expected.config.loss.teachers == (str(first), str(first))
    first.rename(tmp_path / "elsewhere")
    for name in ("trainer.pt", "best.safetensors", "last.safetensors", "metrics.jsonl", "samples.jsonl"):
        (tmp_path / "run" / name).unlink()
    assert run("train", "--resume", tmp_path / "run").code == 0
    again = load_checkpoint(tmp_path / "run").weights
    assert all(torch.equal(weights, expected.weights[name]) for name, weights in again.items())
    (tmp_path / "run" / "teachers" / "2.safetensors").unlink()
    ran = run("train", "--resume", tmp_path / "run")
    assert ran.code == 2 and "2.safetensors" in ran.stderr


@pytest.mark.parametrize(("more", "said"), [
    (("--set", "model.conv_strides=[[1]]"), "has frames of"),
    (("--set", "model.head=transducer", "--set", "loss.kind=transducer"), "which a transducer does not learn"),
])  # fmt: skip
def test_a_teacher_that_answers_otherwise(train, teachers, tmp_path, more, said):
    ran = train(None, *taught_by(*teachers), *more)
    assert ran.code == 2 and said in ran.stderr and "hint:" in ran.stderr
    assert not (tmp_path / "run").exists()


def test_no_such_teacher_and_one_of_other_units(train, teachers, tmp_path):
    ran = train(None, *taught_by(tmp_path / "nobody"))
    assert ran.code == 2 and "no such run" in ran.stderr
    ran = train(None, *taught_by("english"))
    assert ran.code == 2 and "`english` has" in ran.stderr
