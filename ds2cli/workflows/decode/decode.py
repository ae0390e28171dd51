"""`ds2 decode`: the network listens, the decoder reads its log-probs, a record gains what was said."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack

from ds2cli.decoding.log_probs import LogProbWriter
from ds2cli.inference.group_work import Outcome
from ds2cli.jobs.plan import Plan
from ds2cli.records.jsonl import Record
from ds2cli.workflows.decode.decoder import Decoder, must_have_log_probs, open_decoder
from ds2cli.workflows.decode.outcomes import outcomes_of
from ds2cli.workflows.decode.request import DecodeRequest
from ds2cli.workflows.decode.source import LogProbSource, open_source
from ds2cli.workflows.decode.writing import as_asked


def decode(
    request: DecodeRequest, skip: Callable[[str], None], warn: Callable[[str], None],
    heard: Callable[[float, float], None] = lambda done, total: None,
    say: Callable[[str], None] = lambda line: None, plan: Plan | None = None,
) -> Iterator[Record]:
    """The records that flow past, each with pred_text, score and words (and nbest, unit_times); in order.

    skip  is told of each recording that cannot be decoded, and work goes on
    warn  of a language model or a lexicon that fits the units badly, of sound that the model was not made for
    heard  of the seconds of sound that have been heard, and of those that were read
    say   what logits of another toolkit were taken for
    plan  where the work is done
    """
    plan = plan or Plan()
    if plan.is_here:
        source = open_source(request.run, request.inputs, request.jobs, request.device, request.channel, warn, heard,
                             request.layout, say, skip=skip, one_recording=request.one_recording, others=request.others)
        if request.layout and not request.layout.frame_seconds:
            warn("how long a frame is was not said (--frame-seconds): times count frames")
        must_have_log_probs(request, source.joint)
        outcomes = outcomes_of(source, open_decoder(request, source.units, warn, source.joint), request)
        form = source.units, source.frame_seconds
    else:
        from ds2cli.workflows.decode.worker import form_of, shared_outcomes

        outcomes, form = shared_outcomes(request, skip, warn, heard, plan), form_of(request)
    with ExitStack() as stack:
        writer = None
        if request.log_probs and not plan.share:
            writer = stack.enter_context(LogProbWriter(request.log_probs, *form))
        yield from as_asked(_records(outcomes, skip, writer), request)


def decode_source(
    source: LogProbSource, decoder: Decoder, request: DecodeRequest, skip: Callable[[str], None]
) -> Iterator[Record]:
    """The records of a source, each with what was said."""
    return as_asked(_records(outcomes_of(source, decoder, request), skip), request)


def _records(
    outcomes: Iterable[Outcome], skip: Callable[[str], None], writer: LogProbWriter | None = None
) -> Iterator[Record]:
    for outcome in outcomes:
        if outcome.problem:
            skip(outcome.problem)
            continue
        if writer and outcome.log_probs is not None:
            writer.add(outcome.asked, outcome.log_probs)
        yield outcome.record
