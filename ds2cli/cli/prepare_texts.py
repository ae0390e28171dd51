"""`ds2 prepare units`, `lexicon`, `pronounce` and `pseudo-labels`: what texts are written in, and become."""

from pathlib import Path
from typing import Annotated

import typer

from ds2cli.cli import terminal
from ds2cli.cli.flags import Output
from ds2cli.cli.output import lines_to, report_skipped
from ds2cli.cli.prepare import NAMED_REJECTIONS, Manifests
from ds2cli.errors import Exit, UsageError
from ds2cli.phrases import counted
from ds2cli.text.character_sets import CharacterSet

PINYIN = "Mandarin's initials and finals with tones (pip install 'ds2cli[mandarin]')"
LexiconFile = Annotated[
    Path | None, typer.Option("--lexicon-file", help="pronunciations, as lines of `word unit unit ...`")
]
LexiconUnits = Annotated[
    Path | None, typer.Option("--units", rich_help_panel="Model", help="the units that spell the words of the lexicon")
]


def units(
    manifests: Annotated[
        list[str] | None,
        typer.Argument(metavar="RECORDS", help="records; - is stdin; with --characters, none are needed"),
    ] = None,
    output: Output = None,
    separator: Annotated[
        str, typer.Option("--separator", metavar="TEXT", help='what separates units in the texts: " " for phones')
    ] = "",
    bigrams: Annotated[bool, typer.Option("--bigrams", help="add pairs of letters, as in Deep Speech 2")] = False,
    pieces: Annotated[
        int | None,
        typer.Option("--pieces", min=1, help="use N pieces of SentencePiece (pip install 'ds2cli[pieces]')"),
    ] = None,
    characters: Annotated[
        CharacterSet | None,
        typer.Option("--characters", help="all characters of a standard, a to z and the space"),
    ] = None,
    min_count: Annotated[int, typer.Option("--min-count", min=1, help="leave out units that occur fewer times")] = 1,
) -> None:
    """Write the list of units for `ds2 train --units`.

    Units are the characters that occur, one per line, unless an option says otherwise.

    \b
    ds2 prepare units train.jsonl -o units.txt
    ds2 prepare units train.jsonl --characters gb2312 -o units.txt     (Mandarin: 6,763 characters and more)
    """
    from ds2cli.text.units import write_units
    from ds2cli.workflows.prepare.units import prepare_units

    if not manifests and not characters:
        raise UsageError("no texts to find units in", hint="ds2 prepare units train.jsonl -o units.txt")
    found = prepare_units(manifests or [], separator, min_count, bigrams, pieces or 0, characters)
    with lines_to(output) as write:
        write(write_units(found).removesuffix("\n"))
    terminal.say(f"{len(found) - 1:,} units and the blank")


def lexicon(
    lm: Annotated[Path, typer.Option("--lm", help="the n-gram model whose words go into the lexicon")],
    path: Annotated[
        Path | None, typer.Argument(metavar="LEXICON", help="a lexicon, as lines of `word unit unit ...`")
    ] = None,
    units: LexiconUnits = None,
    pinyin: Annotated[bool, typer.Option("--pinyin", help=f"no LEXICON: {PINYIN}")] = False,
    top: Annotated[int, typer.Option("--top", min=0, help="most words to predict pronunciations for")] = 20_000,
    spoken: Annotated[
        Path | None,
        typer.Option("--spoken", metavar="FILE",
                     help="aligned records with unit times: give each pronunciation its probability in them"),
    ] = None,
    output: Output = None,
) -> None:
    """Write a lexicon of a language model's words.

    Words are taken from a larger lexicon; those that it lacks are spelled by what its words teach.

    \b
    ds2 prepare lexicon cmudict.dict --lm lm.arpa --units units.txt -o lexicon.txt
    ds2 prepare lexicon --pinyin --lm characters.arpa -o lexicon.txt
    ds2 align runs/phones train.jsonl --lexicon-file lexicon.txt --unit-times > aligned.jsonl
    ds2 prepare lexicon lexicon.txt --lm lm.arpa --units units.txt --spoken aligned.jsonl -o weighted.txt
    ds2 decode runs/phones test.jsonl --lm lm.arpa --lexicon-file lexicon.txt
    """
    from ds2cli.text.units import read_units
    from ds2cli.workflows.prepare.lexicon import pinyin_lexicon, prepare_lexicon
    from ds2cli.workflows.prepare.spoken import count_spoken

    if pinyin == bool(path):
        raise UsageError(
            "a LEXICON to take words from, or --pinyin",
            hint="ds2 prepare lexicon cmudict.dict "
            "--lm lm.arpa --units units.txt, or: ds2 prepare lexicon --pinyin --lm lm.arpa",
        )
    if path and not units:
        raise UsageError(f"in which units is `{path}` written?", hint="name them: --units units.txt")
    known = read_units(units) if units else None
    rejected: list[str] = []
    counts = count_spoken(spoken, lambda problem: rejected.append(str(problem))) if spoken else None
    lines = (
        prepare_lexicon(path, lm, known, top, terminal.say, counts)
        if path and known
        else pinyin_lexicon(lm, known, terminal.say, counts)
    )
    with lines_to(output) as write:
        for line in lines:
            write(line)
    report_skipped(rejected)


def pronounce(
    manifests: Manifests,
    output: Output = None,
    lexicon_file: LexiconFile = None,
    units: LexiconUnits = None,
    guess: Annotated[
        bool, typer.Option("--guess", help="predict the pronunciations of words that the lexicon lacks")
    ] = False,
    pinyin: Annotated[bool, typer.Option("--pinyin", help=f"no lexicon: {PINYIN}")] = False,
) -> None:
    """Convert texts to phones or pinyin, to train a phone network.

    The original text is kept in `words_text`.

    \b
    ds2 prepare pronounce train.jsonl --lexicon-file cmudict.dict --units phones.txt -o phones.jsonl
    ds2 prepare pronounce train.jsonl --pinyin -o pinyin.jsonl
    ds2 prepare units pinyin.jsonl --separator " " -o pinyin.txt
    """
    from collections import Counter

    from ds2cli.records.jsonl import to_line
    from ds2cli.text.units import read_units
    from ds2cli.workflows.prepare.pronounce import by_lexicon, by_pinyin, check_ways, prepare_pronounce

    check_ways(lexicon_file, units, pinyin)
    say = by_lexicon(lexicon_file, read_units(units), guess, terminal.say) if lexicon_file and units else by_pinyin()
    unsaid, n_said = Counter[str](), 0
    with lines_to(output) as write:
        for record in prepare_pronounce(manifests, say, unsaid):
            write(to_line(record))
            n_said += 1
    terminal.say(f"{n_said:,} texts said")
    if unsaid:
        names = "`, `".join(word for word, _ in unsaid.most_common(NAMED_REJECTIONS))
        terminal.warn(f"{unsaid.total():,} texts left out: nothing says `{names}`")
        raise typer.Exit(Exit.SKIPPED)


def pseudo_labels(
    manifests: Annotated[list[str], typer.Argument(metavar="RECORDS", help="decoded or aligned records; - is stdin")],
    output: Output = None,
    in_units: Annotated[
        bool, typer.Option("--heard-units", help="texts of the units that were heard, for a phone network")
    ] = False,
    max_seconds: Annotated[
        float, typer.Option("--max", min=1, metavar="SECONDS", help="cut longer recordings in their widest pauses")
    ] = 20.0,
    min_confidence: Annotated[
        float, typer.Option("--min-confidence", min=0, max=1, help="least mean confidence of an utterance's words")
    ] = 0.0,
) -> None:
    """Turn what was recognised into texts to train on, for recordings without transcripts.

    \b
    ds2 decode runs/a archive/ --lm lm.arpa --unit-times -o decoded.jsonl
    ds2 prepare pseudo-labels decoded.jsonl -o labelled.jsonl
    ds2 train labelled.jsonl --init runs/a --config runs/a/config.toml --run runs/adapted
    """
    from collections import Counter

    from ds2cli.records.jsonl import to_line
    from ds2cli.workflows.prepare.pseudo_labels import Labelling, pseudo_label

    left_out, rejected = Counter[str](), []
    labelling = Labelling(in_units, max_seconds, min_confidence)
    seconds, n_labelled = 0.0, 0
    with lines_to(output) as write:
        for record in pseudo_label(manifests, labelling, left_out, lambda problem: rejected.append(str(problem))):
            write(to_line(record))
            seconds, n_labelled = seconds + record["duration"], n_labelled + 1
    terminal.say(f"{counted(n_labelled, 'utterance')} · {seconds / 3600:,.2f} h")
    for reason, count in left_out.items():
        terminal.say(f"{count:,} left out: {reason}")
    report_skipped(rejected)
