"""Decoding shared among jobs: a worker opens the models once, and answers groups of utterances."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from ds2cli.decoding.transducer import joint_of
from ds2cli.errors import UsageError
from ds2cli.inference.group_work import Group, GroupAnswer, Outcome, group_work, groups_of, unwrapped
from ds2cli.inference.utterances import Observers
from ds2cli.jobs.plan import Plan
from ds2cli.jobs.work import Worker
from ds2cli.model.checkpoint import load_checkpoint
from ds2cli.model.devices import usable_device
from ds2cli.model.ensemble import load_together
from ds2cli.model.network import time_stride
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
        raise UsageError("log-probs, decoded elsewhere: what takes long is done", hint="leave out --shard and --ray")
    utterances = read_asked(request.inputs, request.channel, skip, request.one_recording)
    work = group_work(partial(open_group_decoder, request), request.device != "cpu")
    return unwrapped(plan.answers(work, enumerate(groups_of(utterances))), warn, heard)


def form_of(request: DecodeRequest) -> tuple[Units, float]:
    """The units of a run's log-probs, and the seconds of a frame."""
    checkpoint = load_checkpoint(request.run)
    return checkpoint.units, checkpoint.config.features.hop_seconds * time_stride(checkpoint.config.model)


def open_group_decoder(request: DecodeRequest) -> Worker:
    """Loads network, language model and lexicon; what there is to say of them comes with the first answer."""
    notes: list[str] = []
    recogniser = load_together(request.run, request.others, usable_device(request.device))
    joint = joint_of(recogniser)
    must_have_log_probs(request, joint)
    decoder = open_decoder(request, recogniser.units, notes.append, joint)

    def answers(groups: Iterable[Group]) -> Iterator[GroupAnswer]:
        for group in groups:
            source = listening(recogniser, group.utterances, request.jobs, Observers(warn=notes.append))
            outcomes = sorted(outcomes_of(source, decoder, request), key=lambda outcome: outcome.place)
            yield GroupAnswer(group, outcomes, notes[:])
            notes.clear()

    return answers
