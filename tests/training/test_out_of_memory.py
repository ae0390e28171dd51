"""A full memory splits the batch and loses nothing: the same gradient, every utterance, no process left waiting."""

import dataclasses
import itertools

import pytest
import torch
from processes import in_two_processes
from singing import RATE, write_songs

from ds2cli.config import AugmentConfig, BatchConfig, Config, FeatureConfig, ModelConfig, OptimizerConfig, TrainConfig
from ds2cli.errors import Ds2Error
from ds2cli.model.recogniser import Recogniser
from ds2cli.records.manifest import read_manifest
from ds2cli.runs.events import StepEvent
from ds2cli.text.units import units_of
from ds2cli.training.data import SpeechSet
from ds2cli.training.distributed import Process
from ds2cli.training.evaluation import evaluate
from ds2cli.training.gradients import StepGradients
from ds2cli.training.loop import Trainer

pytestmark = pytest.mark.usefixtures("one_thread")

CONFIG = Config(
    features=FeatureConfig(kind="mel", n_mels=12, sample_rate=RATE),
    model=ModelConfig(
        conv_channels=(3,), conv_kernels=((5, 5),), conv_strides=((2, 2),), rnn="gru", rnn_layers=2, rnn_size=8,
        batch_norm="none", fully_connected=(9,),
    ),
    augment=AugmentConfig(time_masks=1, frequency_masks=1, consistency=0.3),
    batch=BatchConfig(seconds=8.0),
    optimizer=OptimizerConfig(kind="sgd", learning_rate=0.01, momentum=0.9),
    train=TrainConfig(epochs=1),
)  # fmt: skip


def with_norm(kind: str) -> Config:
    return dataclasses.replace(CONFIG, model=dataclasses.replace(CONFIG.model, batch_norm=kind))


class SmallMemory:
    """A network's layer that has room for so many utterances' passes, forwards or backwards, and fails beyond."""

    def __init__(self, room: int, backwards: bool = False) -> None:
        self.room, self.backwards, self.failures = room, backwards, 0

    def fail(self, *_: object) -> None:
        self.failures += 1
        raise torch.OutOfMemoryError("CUDA out of memory, says the test")

    def __call__(self, layer: torch.nn.Module, inputs: tuple, output: torch.Tensor) -> None:
        if output.shape[1] > 2 * self.room:  # (T, views * B, H)
            if self.backwards:
                output.register_hook(self.fail)
            else:
                self.fail()


@pytest.fixture
def songs(tmp_path):
    return list(read_manifest(write_songs(tmp_path, "train", 7, 1)))


def gradients(songs, config=CONFIG, memory: SmallMemory | None = None, n_parts: int = 1, indices=range(7)):
    """What was heard, the gradients of a step of seven, and the recogniser."""
    torch.manual_seed(1)
    recogniser = Recogniser(config, units_of(["abcdefgh "])).train()
    if memory:
        recogniser.network.recurrent[1].register_forward_hook(memory)
    batch = SpeechSet(songs, recogniser.units, config).augmented_batch(indices, epoch=1)
    heard = StepGradients(recogniser, config, Process()).compute(batch, 7, n_parts)
    return heard, {name: one.grad for name, one in recogniser.network.named_parameters()}, recogniser


def assert_close(found: dict, expected: dict):
    for name, gradient in expected.items():
        assert torch.allclose(found[name], gradient, rtol=1e-4, atol=1e-6), name


@pytest.mark.parametrize(("room", "backwards"), list(itertools.product((1, 2, 3, 6), (False, True))))
def test_a_step_that_is_split_has_the_gradient_of_the_whole(songs, room, backwards):
    whole, expected, _ = gradients(songs)
    memory = SmallMemory(room, backwards)
    heard, found, _ = gradients(songs, memory=memory)
    assert memory.failures > 0
    assert heard.split[:7] == [song.id for song in songs]
    assert (heard.count, heard.loss_sum) == (7, pytest.approx(whole.loss_sum, rel=1e-5))
    assert not heard.skipped and not heard.not_finite and not whole.split
    assert_close(found, expected)


@pytest.mark.parametrize("n_parts", [2, 3, 7])
def test_accumulated_parts_have_the_gradient_of_the_larger_batch(songs, n_parts):
    _, expected, _ = gradients(songs)
    heard, found, _ = gradients(songs, n_parts=n_parts)
    assert (heard.count, heard.split) == (7, [])
    assert_close(found, expected)


def test_a_setting_accumulates(tmp_path, songs):
    weights = []
    for parts in (1, 3):
        config = dataclasses.replace(CONFIG, batch=BatchConfig(seconds=8.0, accumulate=parts))
        torch.manual_seed(1)
        speech = SpeechSet(songs, units_of(["abcdefgh "]), config)
        trainer = Trainer(Recogniser(config, speech.units), speech, None, config, Process())
        list(trainer.events())
        weights.append(trainer.recogniser.state_dict())
    assert all(torch.allclose(one, weights[1][name], atol=1e-5) for name, one in weights[0].items())


def test_an_utterance_that_does_not_fit_alone_is_skipped_and_named(songs):
    """The others' gradient is that of a batch without it, over as many utterances."""
    longest = max(songs, key=lambda song: song.duration)

    class NoRoomForTheLongest(SmallMemory):
        def __call__(self, layer, inputs, output):
            if output.shape[0] > longest.duration * 49:  # frames: 100 a second, and a stride of 2
                self.fail()

    heard, found, _ = gradients(songs, memory=NoRoomForTheLongest(0))
    assert heard.skipped == [(longest.id, "out of memory with this utterance alone")]
    assert heard.count == 6
    _, expected, _ = gradients(songs, indices=[at for at, song in enumerate(songs) if song is not longest])
    assert_close(found, expected)


def test_running_statistics_forget_the_pass_that_failed_and_move_once_for_each_part(songs):
    """Batch normalisation sees each part by itself: split by memory or by the setting, the numbers are the same."""
    config = with_norm("input")
    memory = SmallMemory(4, backwards=True)
    _, found, split = gradients(songs, config, memory)
    assert memory.failures == 1  # in parts of four and three, once
    _, expected, accumulated = gradients(songs, config, n_parts=2)
    assert_close(found, expected)
    for name, buffer in accumulated.network.named_buffers():
        assert torch.allclose(dict(split.network.named_buffers())[name], buffer, atol=1e-6), name


def test_no_memory_at_all_is_an_error(songs):
    with pytest.raises(Ds2Error, match="out of memory even without audio"):
        gradients(songs, memory=SmallMemory(0))


def test_other_errors_are_not_taken_for_a_full_memory(songs):
    class Broken(SmallMemory):
        def __call__(self, layer, inputs, output):
            raise RuntimeError("shapes do not fit")

    with pytest.raises(RuntimeError, match="shapes do not fit"):
        gradients(songs, memory=Broken(0))


@pytest.mark.parametrize("said", ["CUDNN_STATUS_ALLOC_FAILED", "DefaultCPUAllocator: can't allocate memory: 9 bytes"])
def test_a_library_that_says_it_otherwise_is_understood(songs, said):
    class Otherwise(SmallMemory):
        def fail(self, *_):
            raise RuntimeError(said)

    assert gradients(songs, memory=Otherwise(2))[0].count == 7


def test_evaluation_splits_too(songs):
    torch.manual_seed(1)
    recogniser = Recogniser(CONFIG, units_of(["abcdefgh "]))
    speech = SpeechSet(songs, recogniser.units, CONFIG)
    whole = evaluate(recogniser, speech, Process())
    hook = recogniser.network.recurrent[1].register_forward_hook(SmallMemory(1))  # two utterances of one view
    split = evaluate(recogniser, speech, Process())
    assert (split.wer, split.cer, split.samples, split.skipped) == (whole.wer, whole.cer, whole.samples, [])
    assert split.loss == pytest.approx(whole.loss, rel=1e-5)
    hook.remove()
    longest = max(song.duration for song in songs)

    def no_room(layer, inputs, output):
        if output.shape[0] > longest * 48:
            raise torch.OutOfMemoryError("CUDA out of memory")

    recogniser.network.recurrent[1].register_forward_hook(no_room)
    skipped = evaluate(recogniser, speech, Process()).skipped
    assert {reason for _, reason in skipped} == {"out of memory with this utterance alone"}
    assert 0 < len(skipped) < 7


# Two processes ----------------------------------------------------------------------------------------------------


def steps_in_small_memory(process: Process, folder: str, norm: str, room: int, layer: str, backwards: bool) -> dict:
    """Two steps' events and weights; only the second process is short of memory."""
    songs = list(read_manifest(f"{folder}/train.jsonl"))
    config = dataclasses.replace(with_norm(norm), batch=BatchConfig(seconds=6.0))
    torch.manual_seed(1)
    speech = SpeechSet(songs, units_of(["abcdefgh "]), config)
    trainer = Trainer(Recogniser(config, speech.units), speech, None, config, process)
    memory = SmallMemory(room, backwards)
    if process.rank == 1:
        trainer.recogniser.network.get_submodule(layer).register_forward_hook(memory)
    steps = (event for event in trainer.events() if isinstance(event, StepEvent))
    events = list(itertools.islice(steps, 2))
    return {
        "heard": [(event.loss, event.split, event.skipped) for event in events],
        "failures": memory.failures,
        "weights": trainer.recogniser.state_dict(),
    }


CASES = [
    ("none", 1, "recurrent.1", False),
    ("input", 2, "recurrent.0", False),  # between two sums of batch statistics, forwards
    ("input", 1, "recurrent.0", True),  # and backwards
    ("preactivation", 1, "recurrent.1", True),
]


def all_cases(process: Process, folder: str) -> list[dict]:
    return [steps_in_small_memory(process, folder, *case) for case in CASES]


def test_a_process_without_memory_leaves_no_other_waiting(tmp_path):
    """Both end with the same weights; without batch normalisation they are those of one process with enough."""
    write_songs(tmp_path, "train", 24, 1)
    first, second = in_two_processes(all_cases, str(tmp_path))
    for case, mine, theirs in zip(CASES, first, second, strict=True):
        assert mine["failures"] == 0 and theirs["failures"] > 0, case
        assert mine["heard"] == theirs["heard"] and mine["heard"][0][1], case  # both know of it
        assert not mine["heard"][0][2]
        for name, weights in mine["weights"].items():
            assert torch.equal(weights, theirs["weights"][name]), (case, name)
            assert weights.isfinite().all()
    alone = steps_in_small_memory(Process(), str(tmp_path), "none", 99, "recurrent.1", False)
    for name, weights in alone["weights"].items():
        assert torch.allclose(first[0]["weights"][name], weights, atol=1e-5), name
