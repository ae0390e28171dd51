"""`ds2 decode`: recordings in, what was said out."""

import math
from pathlib import Path
from typing import Annotated

import typer

from ds2cli.cli import stream as streams
from ds2cli.cli import terminal
from ds2cli.cli.flags import (
    Blank,
    Channel,
    Device,
    Format,
    FrameSeconds,
    Greedy,
    Jobs,
    LanguageModel,
    Lexicon,
    LexiconFile,
    Names,
    Output,
    Ray,
    RecordsFile,
    Run,
    Shard,
    Shares,
    UnitsFile,
    UnitTimes,
    Written,
    decoding_flag,
    given,
    logits_layout,
    plan_of,
    threads,
    to_channel,
)
from ds2cli.cli.output import lines_to, report_skipped
from ds2cli.cli.torch_import import import_torch_for_decoding
from ds2cli.decoding.settings import DEFAULT_RUN, GREEDY, LETTERS, SearchMode
from ds2cli.errors import UsageError

HOT_BOOST = 6.0
Inputs = Annotated[
    list[str] | None,
    typer.Argument(metavar="INPUT", help="audio, folders, records, saved log-probs; - is stdin", show_default="-"),
]
Others = Annotated[
    list[str] | None,
    typer.Option("--with", metavar="RUN", help="another network of the same units; log-probs are averaged"),
]
Rescore = Annotated[
    Path | None,
    typer.Option("--rescore", metavar="FILE", help="n-gram model that rescores the best hypotheses in a second pass",
                 show_default="the run's own, if it has one and --lm is not named"),
]  # fmt: skip
HotWords = Annotated[
    list[str] | None,
    typer.Option("--hot-word", metavar="WORD[=BOOST]", help="a word to favour", show_default=f"boost {HOT_BOOST:g}"),
]
LogProbs = Annotated[
    Path | None, typer.Option("--log-probs", help="save log-probs here, to decode them again without audio")
]
LettersAreWords = Annotated[
    bool, typer.Option("--letters-are-words", help="do not warn of a language model of single letters")
]
def decode(
    context: typer.Context,
    run: Run = None,
    inputs: Inputs = None,
    others: Others = None,
    lm: LanguageModel = None,
    lexicon_file: LexiconFile = None,
    rescore: Rescore = None,
    rescore_alpha: Annotated[float | None, decoding_flag("--rescore-alpha", "alpha")] = None,
    rescore_beta: Annotated[float | None, decoding_flag("--rescore-beta", "beta")] = None,
    rescore_nbest: Annotated[int | None, decoding_flag("--rescore-nbest")] = None,
    greedy: Greedy = False,
    alpha: Annotated[float | None, decoding_flag("--alpha")] = None,
    beta: Annotated[float | None, decoding_flag("--beta")] = None,
    beam: Annotated[int | None, decoding_flag("--beam")] = None,
    n_best: Annotated[int, typer.Option("--nbest", min=1, help="hypotheses in each record, with scores")] = 1,
    lexicon: Lexicon = None,
    hot_words: HotWords = None,
    lm_lookahead: Annotated[float | None, decoding_flag("--lm-lookahead")] = None,
    blank_penalty: Annotated[float | None, decoding_flag("--blank-penalty")] = None,
    oov_penalty: Annotated[float | None, decoding_flag("--oov-penalty")] = None,
    oov_letter: Annotated[float | None, decoding_flag("--oov-letter")] = None,
    score_threshold: Annotated[float | None, decoding_flag("--score-threshold")] = None,
    cutoff_prob: Annotated[float | None, decoding_flag("--cutoff-prob")] = None,
    cutoff_top: Annotated[int | None, decoding_flag("--cutoff-top")] = None,
    max_labels: Annotated[int | None, decoding_flag("--max-labels")] = None,
    internal: Annotated[float | None, decoding_flag("--internal")] = None,
    search: Annotated[SearchMode | None, decoding_flag("--search")] = None,
    channel: Channel = None,
    unit_times: UnitTimes = False,
    log_probs: LogProbs = None,
    letters_are_words: LettersAreWords = False,
    units: UnitsFile = None,
    blank: Blank = "",
    frame_seconds: FrameSeconds = None,
    records: RecordsFile = None,
    kind: Format = "jsonl",
    written: Written = False,
    names: Names = None,
    jobs: Jobs = None,
    device: Device = "auto",
    shard: Shard = None,
    shares: Shares = None,
    ray: Ray = None,
    output: Output = None,
    live: streams.Stream = False,
    real_time: streams.RealTime = False,
    microphone: streams.Microphone = False,
    chunk: streams.Chunk = 0.1,
    pcm: streams.Pcm = "16000:1:s16le",
    silence: streams.Silence = streams.RULES.silence,
    longest: streams.Longest = streams.RULES.max_seconds,
    settle: streams.Settle = streams.RULES.settle,
    sure: streams.Sure = streams.RULES.sure,
) -> None:
    """Transcribe recordings, or speech as it is spoken.

    \b
    ds2 decode talk.wav --format text
    arecord -f S16_LE -r 16000 | ds2 decode --stream -
    ds2 decode runs/a test.jsonl --lm lm.arpa | ds2 score
    ds2 decode meeting.mp3 --written --format srt > meeting.srt
    ds2 decode logits.npz --units labels.txt --blank last --lm lm.arpa     (another toolkit's)
    """
    import_torch_for_decoding()
    from ds2cli.records.formats import takes_one_recording, transcript
    from ds2cli.workflows.decode.decode import decode as decode_all
    from ds2cli.workflows.decode.request import DecodeRequest

    only_one = takes_one_recording(kind)
    overrides = given(
        alpha=alpha, beta=beta, beam=beam, lexicon=lexicon, lm_lookahead=lm_lookahead, blank_penalty=blank_penalty,
        oov_penalty=oov_penalty, oov_letter=oov_letter, score_threshold=score_threshold, cutoff_prob=cutoff_prob,
        cutoff_top=cutoff_top, max_labels=max_labels, internal=internal, search=search,
        rescore_alpha=rescore_alpha, rescore_beta=rescore_beta, rescore_nbest=rescore_nbest,
        hot_words=dict(map(_hot_word, hot_words)) if hot_words else None,
    )  # fmt: skip
    beam_search = bool(overrides.keys() - GREEDY) or n_best > 1
    if greedy and (lm or rescore or lexicon_file or beam_search):
        raise UsageError("--greedy together with settings of the beam search", hint="leave out one of them")
    layout = logits_layout(units, blank, frame_seconds, records)
    run, inputs = _run_and_inputs(run, inputs or [], bool(layout), LETTERS if greedy else DEFAULT_RUN)
    request = DecodeRequest(
        run, inputs, lm, greedy, overrides, beam_search=beam_search, n_best=n_best,
        unit_times=unit_times, log_probs=log_probs, jobs=threads(jobs, ray), device=device, lexicon_file=lexicon_file,
        channel=to_channel(channel), layout=layout, letters_are_words=letters_are_words, one_recording=only_one,
        written=written, names=names, rescore=rescore, others=tuple(others or ()),
    )  # fmt: skip
    plan = plan_of(context, shard, shares, ray, output, request.jobs)
    if live or microphone or real_time:
        if rescore:
            raise UsageError("--rescore does not work on a stream: words already printed cannot change",
                             hint="name the large model in the first pass: --lm")
        if others:
            raise UsageError("--with does not work on a stream", hint="leave it out, or decode whole recordings")
        rules = (silence, longest, settle, sure)
        return streams.print_streams(request, (pcm, chunk, real_time, microphone), rules, kind, output)
    terminal.note_stdin(request.inputs, "decode")
    skipped: list[str] = []
    heard = terminal.hearing(
        lambda heard: decode_all(request, skipped.append, terminal.warn, heard, terminal.say, plan), "decoding"
    )
    dims_doubt = kind == "text" and output is None and terminal.has_style()
    with lines_to(output) as write:
        for line in map(terminal.doubt_dimmed, heard) if dims_doubt else transcript(heard, kind):
            write(line)
    report_skipped(skipped)


def _run_and_inputs(run: str | None, inputs: list[str], are_logits: bool, default: str) -> tuple[str, list[str]]:
    """What was named first is the run, unless it can only be something to decode; logits have no run."""
    from ds2cli.workflows.inputs import is_input

    if are_logits and not (run or inputs):
        raise UsageError("no logits to decode", hint="ds2 decode logits.npz --units vocab.json --blank last")
    if run is not None and (are_logits or is_input(run)):
        return default, [run, *inputs]
    return run or default, inputs or ["-"]


def _hot_word(text: str) -> tuple[str, float]:
    word, equals, boost = text.partition("=")
    try:
        if not word.strip():
            raise ValueError
        found = float(boost) if equals else HOT_BOOST
        if not math.isfinite(found):
            raise ValueError
        return word.strip(), found
    except ValueError:
        raise UsageError(f"--hot-word `{text}`", hint="--hot-word penguin or --hot-word penguin=8") from None
