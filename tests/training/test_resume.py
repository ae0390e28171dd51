"""A run that is stopped, killed and resumed ends with the very bits of one that never was."""

import os
import random
import signal
import time

import pytest
import torch
from real_runs import SMALL, differences, finish, metrics_of, start, steps_of, wait_until, write_manifest

from ds2cli.audio.files import write_audio
from ds2cli.model.checkpoint import load_training_state


@pytest.fixture(scope="module")
def data(tmp_path_factory, an4_utterances):
    """A folder with records, settings, noise, and a run that nothing disturbed."""
    folder = tmp_path_factory.mktemp("resume")
    utterances = an4_utterances(40)
    write_manifest(folder / "train.jsonl", utterances[:34])
    write_manifest(folder / "dev.jsonl", utterances[34:])
    (folder / "noise").mkdir()
    noise = torch.randn(8000, generator=torch.Generator().manual_seed(1)).numpy() * 0.1
    write_audio(folder / "noise" / "a.wav", noise, 8000)
    (folder / "small.toml").write_text(SMALL)
    code, out, err = finish(begin(folder, "whole"))
    assert (code, out) == (0, f"{folder / 'whole' / 'best.safetensors'}\n"), err
    return folder


def begin(folder, name, *more):
    return start(
        "train", folder / "train.jsonl", "--dev", folder / "dev.jsonl", "--config", folder / "small.toml",
        "--run", folder / name, "--set", f"augment.noise={folder / 'noise'}", *more,
    )  # fmt: skip


def interrupt(process, run, number, at_step, delay=0.0):
    """Send a signal once a step is recorded; returns what the process said, if it was still alive to hear it."""
    heard = wait_until(lambda: steps_of(run) >= at_step, process)
    time.sleep(delay)
    if process.poll() is None:
        process.send_signal(number)
    return heard, finish(process)


def killed_stopped_killed_and_resumed(data, name, seed):
    """kill -9 before the first save, SIGTERM at a random step, kill -9 at a later one."""
    draw = random.Random(seed)
    run, total = data / name, steps_of(data / "whole")
    process = begin(data, name)
    assert wait_until(lambda: (run / "config.toml").exists(), process)
    process.kill()
    finish(process)
    first = draw.randrange(1, total // 2)
    heard, (code, out, err) = interrupt(start("train", "--resume", run), run, signal.SIGTERM, first)
    assert (heard, code, out) == (True, 130, ""), err
    assert f"hint: continue with: ds2 train --resume {run}" in err
    second = draw.randrange(first + 1, total)
    process = start("train", "--resume", run)
    _, (code, out, _) = interrupt(process, run, signal.SIGKILL, second, delay=draw.uniform(0, 0.1))
    assert code in (-signal.SIGKILL, 0)  # 0 where it was faster than the kill
    code, out, err = finish(start("train", "--resume", run))
    assert (code, out) == (0, f"{run / 'best.safetensors'}\n"), err
    assert not differences(data / "whole", run)


def test_a_run_killed_stopped_killed_and_resumed_ends_with_the_same_bits(data):
    killed_stopped_killed_and_resumed(data, "stopped", seed=time.time_ns())


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_wherever_a_run_is_stopped_and_killed_it_ends_with_the_same_bits(data, seed):
    killed_stopped_killed_and_resumed(data, f"stopped-{seed}", seed)


@pytest.mark.slow
def test_a_run_asked_to_stop_before_its_first_step_saves_after_it(data):
    run = data / "soon"
    process = begin(data, "soon")
    assert wait_until(lambda: (run / "config.toml").exists(), process)
    process.send_signal(signal.SIGINT)
    code, out, err = finish(process)
    assert (code, out) == (130, "")
    assert "stopping after this step; Ctrl-C again stops now" in err
    assert f"saved {run} at step 1\nhint: continue with: ds2 train --resume {run}\n" in err
    assert load_training_state(run / "trainer.pt")["position"]["step"] == 1


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_the_whole_group_lets_workers_finish_their_batches(data, number):
    """Ctrl-C, and a scheduler's SIGTERM, reach the processes that read audio too."""
    name = f"workers-{number}"
    run = data / name
    process = begin(data, name, "--set", "batch.workers=2")
    assert wait_until(lambda: steps_of(run) >= 2, process)
    os.killpg(process.pid, number)
    code, out, err = finish(process)
    assert (code, out) == (130, ""), err
    assert f"saved {run} at step" in err and "Traceback" not in err
    assert finish(start("train", "--resume", run))[0] == 0
    assert metrics_of(data / "whole") == metrics_of(run)
