"""Decoding shared among jobs: a worker opens the models once, and answers windows of utterances."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from ds2cli.decoding.transducer import joint_of
from ds2cli.errors import UsageError
from ds2cli.inference.utterances import Observers, side_by_side
from ds2cli.inference.window_work import Outcome, Window, WindowAnswer, unwrapped, window_work
from ds2cli.jobs.plan import Plan, Worker
from ds2cli.model.checkpoint import load_checkpoint
from ds2cli.model.devices import usable_device
from ds2cli.model.network import time_stride
from ds2cli.model.quantised import load_for_decoding
from ds2cli.text.units import Units
from ds2cli.workflows.decode.decoder import must_have_log_probs, open_decoder
from ds2cli.workflows.decode.outcomes import outcomes_of
from ds2cli.workflows.decode.request import DecodeRequest
from ds2cli.workflows.decode.source import are_log_probs, listening
from ds2cli.workflows.inputs import read_asked


def shared_outcomes(
    request: DecodeRequest, skip: Callable[[str], None], warn: Callable[[str], None],
    heard: Callable[[float, float], None], plan: Plan,
) -> Iterator[Outcome]:
    """As `outcomes_of`, wherever the plan says.

    raises  UsageError where log-probs are to be decoded: that is short work
    """
    if request.layout or are_log_probs(request.inputs):
        raise UsageError("a share of log-probs: what takes long is done", hint="leave out --shard")
    utterances = read_asked(request.inputs, request.channel, skip, request.one_recording)
    work = window_work(partial(open_window_decoder, request))
    return unwrapped(plan.answers(work, enumerate(side_by_side(utterances))), warn, heard)


def form_of(request: DecodeRequest) -> tuple[Units, float]:
    """The units of a run's log-probs, and the seconds of a frame."""
    checkpoint = load_checkpoint(request.run)
    return checkpoint.units, checkpoint.config.features.hop_seconds * time_stride(checkpoint.config.model)


def open_window_decoder(request: DecodeRequest) -> Worker:
    """Loads network, language model and lexicon; what there is to say of them comes with the first answer."""
    notes: list[str] = []
    recogniser = load_for_decoding(request.run, usable_device(request.device))
    joint = joint_of(recogniser)
    must_have_log_probs(request, joint)
    decoder = open_decoder(request, recogniser.units, notes.append, joint)

    def answers(windows: Iterable[Window]) -> Iterator[WindowAnswer]:
        for window in windows:
            source = listening(recogniser, window, request.jobs, Observers(warn=notes.append))
            outcomes = list(outcomes_of(source, decoder, request))
            yield WindowAnswer(outcomes, notes[:])
            notes.clear()

    return answers
