"""Two processes are one trainer: the same gradients, one voice, one exit code."""

import dataclasses
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from processes import in_two_processes
from real_runs import SMALL, command, differences, finish, metrics_of, start, steps_of, wait_until, write_manifest
from singing import RATE, write_songs

from ds2cli.config import BatchConfig, Config, FeatureConfig, ModelConfig, OptimizerConfig, TrainConfig
from ds2cli.model.checkpoint import load_training_state
from ds2cli.model.recogniser import Recogniser
from ds2cli.records.manifest import read_manifest
from ds2cli.runs.events import StepEvent
from ds2cli.text.units import units_of
from ds2cli.training.data import SpeechSet
from ds2cli.training.distributed import Process
from ds2cli.training.evaluation import Result, evaluate
from ds2cli.training.loop import Trainer

CONFIG = Config(
    features=FeatureConfig(kind="mel", n_mels=12, sample_rate=RATE),
    model=ModelConfig(
        conv_channels=(3,), conv_kernels=((5, 5),), conv_strides=((2, 2),), rnn="gru", rnn_layers=2, rnn_size=8,
        batch_norm="preactivation", fully_connected=(9,),
    ),
    batch=BatchConfig(seconds=8.0),
    optimizer=OptimizerConfig(kind="sgd", learning_rate=0.01, momentum=0.9, clip_norm=50.0, average=0.5),
    train=TrainConfig(epochs=1),
)  # fmt: skip


def train_once(manifest: str, process: Process, normalise: str) -> tuple[dict, tuple[float, float]]:
    """The state after a step, and the step's loss and gradient norm."""
    torch.set_num_threads(1)
    torch.manual_seed(1)
    utterances = list(read_manifest(manifest))
    config = dataclasses.replace(CONFIG, model=dataclasses.replace(CONFIG.model, batch_norm=normalise))
    units = units_of(one.text for one in utterances)
    trainer = Trainer(Recogniser(config, units), SpeechSet(utterances, units, config), None, config, process)
    event = next(event for event in trainer.events() if isinstance(event, StepEvent))
    state = trainer.state()
    averages = {f"average.{name}": weights for name, weights in state["average"].items()}
    return {**state["weights"], **averages}, (event.loss, event.gradient_norm)


def train_every_kind(process: Process, manifest: str) -> dict:
    return {kind: train_once(manifest, process, kind) for kind in ("preactivation", "input", "none")}


def test_two_processes_take_the_steps_of_one(tmp_path):
    """Gradients, weights, running statistics and the average of 2 x B equal those of 1 x 2 B."""
    manifest = str(write_songs(tmp_path, "train", 40, 1))
    ranks = in_two_processes(train_every_kind, manifest)
    for kind in ("preactivation", "input", "none"):
        expected, measured = train_once(manifest, Process(), kind)
        for state, theirs in (rank[kind] for rank in ranks):
            assert state.keys() == expected.keys()
            for name, weights in expected.items():
                assert torch.allclose(state[name], weights, atol=1e-5), name
            assert theirs == pytest.approx(measured, rel=1e-4)
        start_weights = Recogniser(CONFIG, units_of("abcdefgh ")).state_dict()
        assert (expected["network.output.weight"] - start_weights["network.output.weight"]).abs().max() > 1e-2


def evaluate_once(process: Process, manifest: str) -> tuple[Result, int]:
    """The result, and how many utterances this process heard itself."""
    torch.set_num_threads(1)
    torch.manual_seed(1)
    utterances = list(read_manifest(manifest))
    recogniser = Recogniser(CONFIG, units_of(one.text for one in utterances))
    heard = []
    recogniser.network.register_forward_hook(lambda network, inputs, outputs: heard.append(len(outputs[1])))
    result = evaluate(recogniser, SpeechSet(utterances, recogniser.units, CONFIG), process)
    return result, sum(heard)


def test_two_processes_share_an_evaluation_and_agree_on_its_result(tmp_path):
    manifest = str(write_songs(tmp_path, "dev", 31, 1))
    expected, _ = evaluate_once(Process(), manifest)
    (first, mine), (second, theirs) = in_two_processes(evaluate_once, manifest)
    assert first == second == expected
    assert mine + theirs == 31 and min(mine, theirs) > 5


@pytest.fixture(scope="module")
def data(tmp_path_factory, an4_utterances):
    folder = tmp_path_factory.mktemp("two")
    utterances = an4_utterances(30)
    broken = folder / "broken.wav"
    broken.write_bytes(b"RIFF")
    record = {**utterances[3].record, "audio_filepath": str(broken)}
    utterances.append(dataclasses.replace(utterances[3], record=record))
    write_manifest(folder / "train.jsonl", [dataclasses.replace(one, id=f"u{n}") for n, one in enumerate(utterances)])
    write_manifest(folder / "dev.jsonl", utterances[:6])
    (folder / "small.toml").write_text(SMALL)
    return folder


def begin(data, name, *more):
    return start(
        "train", data / "train.jsonl", "--dev", data / "dev.jsonl", "--config", data / "small.toml",
        "--run", data / name, "--processes", 2, *more,
    )  # fmt: skip


def test_a_run_of_two_processes_speaks_with_one_voice(data):
    run = data / "both"
    code, out, err = finish(begin(data, "both", "--epochs", 2))
    assert (code, out) == (3, f"{run / 'best.safetensors'}\n"), err
    steps = [event["step"] for event in metrics_of(run) if event["event"] == "step"]
    assert steps == list(range(1, len(steps) + 1))
    assert len([event for event in metrics_of(run) if event["event"] == "evaluation"]) == 2
    assert err.count("warning: skipped `u30`") == 1, err
    assert "cpu x 2" in err and "Traceback" not in err


def test_ctrl_c_saves_a_run_of_two_processes(data):
    run = data / "stopped"
    process = begin(data, "stopped", "--epochs", 40)
    assert wait_until(lambda: steps_of(run) >= 2, process)
    os.killpg(process.pid, signal.SIGINT)  # what a terminal does
    code, out, err = finish(process)
    assert (code, out) == (130, ""), err
    assert f"hint: continue with: ds2 train --resume {run}" in err
    assert "Traceback" not in err
    assert load_training_state(run / "trainer.pt")["position"]["step"] == steps_of(run)


def workers_of(process) -> list[int]:
    """The training processes of a launcher."""
    return [int(one) for one in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds the workers through /proc")
@pytest.mark.parametrize("launcher", ["torchrun", "ds2"])
def test_a_killed_worker_is_started_again_and_nothing_is_lost(data, launcher):
    """Twice: the weights and metrics are those of two processes that nobody killed."""
    more = "--set", "train.save_seconds=0.1", "--epochs", 4
    if not (data / "peace").exists():
        code, _, err = finish(begin(data, "peace", *more))
        assert code == 3, err
    run = data / f"killed-{launcher}"
    if launcher == "ds2":
        process = begin(data, run.name, *more, "--restarts", 3)
    else:
        asked = command(
            "train", data / "train.jsonl", "--dev", data / "dev.jsonl", "--config", data / "small.toml",
            "--run", run, *more,
        )[2:]  # fmt: skip
        torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        process = subprocess.Popen(
            [*torchrun, "--max-restarts=3", "-m", "--", *asked], env=environment, start_new_session=True, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
    total = steps_of(data / "peace")
    for at_step, rank in ((total // 4, 1), (total // 2, 0)):
        assert wait_until(lambda at=at_step: steps_of(run) >= at and len(workers_of(process)) == 2, process)
        before = workers_of(process)
        os.kill(before[rank], signal.SIGKILL)
        assert wait_until(lambda old=before: not set(old) & set(workers_of(process)), process)
    _, out, err = finish(process)
    assert "Traceback" not in err and "error: another process of this run has ended" in err
    assert out == f"{run / 'best.safetensors'}\n", err
    assert not differences(data / "peace", run)
