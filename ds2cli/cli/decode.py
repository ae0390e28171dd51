"""`ds2 decode`: recordings in, what was said out."""

import math
import os
from pathlib import Path
from typing import Annotated

import typer

from ds2cli.cli import stream as streams
from ds2cli.cli import terminal
from ds2cli.cli.flags import (
    Blank,
    Channel,
    FrameSeconds,
    RecordsFile,
    Shard,
    Shares,
    UnitsFile,
    given,
    layout_of,
    plan_of,
    to_channel,
)
from ds2cli.cli.output import lines_to, report_skipped
from ds2cli.decoding.settings import DEFAULT_RUN, LETTERS, LexiconMode, SearchMode, meaning
from ds2cli.errors import UsageError

LexiconFile = Annotated[
    Path | None,
    typer.Option("--lexicon-file", metavar="FILE", help="how words are said: `word unit unit ...` lines"),
]
HOT_BOOST = 6.0
Run = Annotated[
    str | None,
    typer.Argument(metavar="RUN", help="run folder or checkpoint; default: english-phones, which ds2 brings"),
]
Inputs = Annotated[
    list[str] | None, typer.Argument(metavar="INPUT", help="records, audio, folders, saved log-probs; - is stdin")
]
LanguageModel = Annotated[
    Path | None,
    typer.Option("--lm", metavar="FILE", help="n-gram model: ARPA, ARPA.gz, KenLM binary; default: the run's own"),
]
HotWords = Annotated[
    list[str] | None,
    typer.Option("--hot-word", metavar="WORD[=BOOST]", help=f"a word to expect; boost {HOT_BOOST:g}"),
]
LogProbs = Annotated[
    Path | None, typer.Option("--log-probs", metavar="FILE", help="save log-probs, to decode again without audio")
]
LettersAreWords = Annotated[
    bool, typer.Option("--letters-are-words", help="a model that knows single letters only is meant so: no warning")
]
Format = Annotated[
    str, typer.Option("--format", help="jsonl, text, trn, ctm, srt, vtt, textgrid, audacity")
]


Written = Annotated[
    bool, typer.Option("--written", help="figures, dates, capitals, full stops as people write them: English, Mandarin")
]
Names = Annotated[
    Path | None,
    typer.Option("--names", metavar="FILE", help="for --written: words, or any text, with capitals where they belong"),
]


def decode(
    context: typer.Context,
    run: Run = None,
    inputs: Inputs = None,
    lm: LanguageModel = None,
    lexicon_file: LexiconFile = None,
    greedy: Annotated[bool, typer.Option("--greedy", help="no language model, though the run comes with one")] = False,
    alpha: Annotated[float | None, typer.Option("--alpha", help=meaning("alpha"))] = None,
    beta: Annotated[float | None, typer.Option("--beta", help=meaning("beta"))] = None,
    beam: Annotated[int | None, typer.Option("--beam", help=meaning("beam"))] = None,
    n_best: Annotated[int, typer.Option("--nbest", min=1, help="hypotheses in each record, with their scores")] = 1,
    lexicon: Annotated[LexiconMode | None, typer.Option("--lexicon", help=meaning("lexicon"))] = None,
    hot_words: HotWords = None,
    look_ahead: Annotated[float | None, typer.Option("--look-ahead", help=meaning("look_ahead"))] = None,
    blank_penalty: Annotated[float | None, typer.Option("--blank-penalty", help=meaning("blank_penalty"))] = None,
    oov_penalty: Annotated[float | None, typer.Option("--oov-penalty", help=meaning("oov_penalty"))] = None,
    oov_letter: Annotated[float | None, typer.Option("--oov-letter", help=meaning("oov_letter"))] = None,
    score_threshold: Annotated[float | None, typer.Option("--score-threshold", help=meaning("score_threshold"))] = None,
    cutoff_prob: Annotated[float | None, typer.Option("--cutoff-prob", help=meaning("cutoff_prob"))] = None,
    cutoff_top: Annotated[int | None, typer.Option("--cutoff-top", help=meaning("cutoff_top"))] = None,
    max_labels: Annotated[int | None, typer.Option("--max-labels", help=meaning("max_labels"))] = None,
    internal: Annotated[float | None, typer.Option("--internal", help=meaning("internal"))] = None,
    search: Annotated[SearchMode | None, typer.Option("--search", help=meaning("search"))] = None,
    channel: Channel = None,
    unit_times: Annotated[bool, typer.Option("--unit-times", help="start and end of every unit")] = False,
    log_probs: LogProbs = None,
    letters_are_words: LettersAreWords = False,
    units: UnitsFile = None,
    blank: Blank = "",
    frame_seconds: FrameSeconds = None,
    records: RecordsFile = None,
    kind: Format = "jsonl",
    written: Written = False,
    names: Names = None,
    jobs: Annotated[int | None, typer.Option("--jobs", min=1, help="threads; default: all cores")] = None,
    device: Annotated[str, typer.Option("--device", help="auto, cpu, cuda, cuda:1")] = "auto",
    shard: Shard = None,
    shares: Shares = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", help="default: stdout")] = None,
    live: streams.Stream = False,
    real_time: streams.RealTime = False,
    microphone: streams.Microphone = False,
    chunk: streams.Chunk = 0.1,
    pcm: streams.Pcm = "16000:1:s16le",
    silence: streams.Silence = 0.8,
    longest: streams.Longest = 20.0,
    settle: streams.Settle = 0.4,
) -> None:
    """What is said in recordings: greedily, or by beam search with an n-gram model.

    \b
    ds2 decode talk.wav --format text
    arecord -f S16_LE -r 16000 | ds2 decode --stream -
    ds2 decode runs/a test.jsonl --lm lm.arpa | ds2 score
    ds2 decode meeting.mp3 --written --format srt > meeting.srt
    ds2 decode logits.npz --units labels.txt --blank last --lm lm.arpa     (another toolkit's)
    """
    from ds2cli.records.formats import takes_one_recording, transcript
    from ds2cli.workflows.decode.decode import decode as decode_all
    from ds2cli.workflows.decode.request import DecodeRequest

    only_one = takes_one_recording(kind)
    overrides = given(
        alpha=alpha, beta=beta, beam=beam, lexicon=lexicon, look_ahead=look_ahead, blank_penalty=blank_penalty,
        oov_penalty=oov_penalty, oov_letter=oov_letter, score_threshold=score_threshold, cutoff_prob=cutoff_prob,
        cutoff_top=cutoff_top, max_labels=max_labels, internal=internal, search=search,
        hot_words=dict(map(_hot_word, hot_words)) if hot_words else None,
    )
    beam_search = bool(overrides.keys() - {"max_labels"}) or n_best > 1
    if greedy and (lm or lexicon_file or beam_search):
        raise UsageError("--greedy, and what takes a beam search", hint="leave out one of them")
    layout = layout_of(units, blank, frame_seconds, records)
    run, inputs = _run_and_inputs(run, inputs or [], bool(layout), LETTERS if greedy else DEFAULT_RUN)
    request = DecodeRequest(
        run, inputs, lm, greedy, overrides, beam_search=beam_search, n_best=n_best,
        unit_times=unit_times, log_probs=log_probs, jobs=jobs or all_cores(), device=device, lexicon_file=lexicon_file,
        channel=to_channel(channel), layout=layout, letters_are_words=letters_are_words, one_recording=only_one,
        written=written, names=names,
    )
    plan = plan_of(context, shard, shares, output)
    if live or microphone or real_time:
        return streams.stream(request, (pcm, chunk, real_time, microphone), (silence, longest, settle), kind, output)
    terminal.note_stdin(request.inputs, "decode")
    skipped: list[str] = []
    heard = terminal.hearing(
        lambda heard: decode_all(request, skipped.append, terminal.warn, heard, terminal.say, plan), "decoding"
    )
    with lines_to(output) as write:
        for line in transcript(heard, kind):
            write(line)
    report_skipped(skipped)


def _run_and_inputs(run: str | None, inputs: list[str], are_logits: bool, default: str) -> tuple[str, list[str]]:
    """What was named first is the run, unless it can only be something to decode; logits have no run."""
    from ds2cli.workflows.inputs import is_input

    if are_logits and not (run or inputs):
        raise UsageError("no logits to decode", hint="ds2 decode logits.npz --units vocab.json --blank last")
    if run is not None and (are_logits or is_input(run)):
        run, inputs = None, [run, *inputs]
    return run or default, inputs or ["-"]


def all_cores() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


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
