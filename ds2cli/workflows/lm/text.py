"""`ds2 lm text`: raw text to lines of spoken words, with the way back to the original."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ds2cli.io.text import read_lines
from ds2cli.phrases import counted
from ds2cli.text.normalise import normalise
from ds2cli.text.sentences import Passage, each_line, paragraphs, sentences, without_licence
from ds2cli.text.spans import Normalised, Span

_SHOWN = 6


@dataclass(frozen=True)
class SpokenLine:
    """One line of output, and the stretch of its file that it reads."""

    file: str
    source: Span
    spoken: Normalised

    def as_record(self, number: int) -> dict[str, object]:
        """The line of the map: offsets count characters from the beginning of the file."""
        spans = [[self.source.start + span.start, self.source.start + span.end] for span in self.spoken.spans]
        return {"line": number, "file": self.file, "start": self.source.start, "end": self.source.end,
                "text": self.spoken.text, "spans": spans}  # fmt: skip


@dataclass
class Summary:
    """What came in, what went out, what was left out and why."""

    characters: int = 0
    lines: int = 0
    pieces: int = 0
    empty: int = 0
    licence: int = 0
    dropped: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, line: SpokenLine) -> None:
        self.lines += 1
        self.pieces += len(line.spoken.spans)

    def as_lines(self, unit: str) -> list[str]:
        """For people: totals, then each reason with its commonest pieces.

        unit  what spans stand for: word, character
        """
        out = f"{counted(self.lines, 'line')}, {counted(self.pieces, unit)} out"
        report = [f"{self.characters:,} characters in · {out}"]
        if self.licence:
            report.append(f"dropped   Project Gutenberg header and licence: {self.licence:,} characters")
        reasons: dict[str, Counter[str]] = {}
        for (reason, piece), count in self.dropped.items():
            reasons.setdefault(reason, Counter())[piece] += count
        for reason, pieces in sorted(reasons.items(), key=lambda item: -item[1].total()):
            common = "  ".join(f"{_visible(piece)} {count:,}" for piece, count in pieces.most_common(_SHOWN))
            report.append(f"dropped   {reason}: {pieces.total():,}   {common}{'  ...' if len(pieces) > _SHOWN else ''}")
        if self.empty:
            report.append(f"dropped   nothing to say: {counted(self.empty, 'line')}")
        return report


def lm_text(files: Iterable[str], language: str, keep_lines: bool, summary: Summary) -> Iterator[SpokenLine]:
    """The files' text, sentence by sentence, as the acoustic model spells it.

    keep_lines  a line for each line, empty ones too, instead of a line for each sentence
    summary     gains the counts as lines are yielded
    raises      UsageError where a file cannot be read or is not UTF-8
    """
    for file in files:
        lines = read_lines(file)
        stretches = each_line(lines) if keep_lines else _sentences(lines, language, summary)
        for start, text in stretches:
            spoken = normalise(text, language)
            spoken.text = " ".join(spoken.text.split())  # "none" leaves a sentence's line ends
            summary.characters += len(text)
            summary.dropped.update(spoken.dropped)
            if not spoken.text.strip() and not keep_lines:
                summary.empty += 1
                continue
            line = SpokenLine(file, Span(start, start + len(text.rstrip())), spoken)
            summary.add(line)
            yield line


def _sentences(lines: Iterable[str], language: str, summary: Summary) -> Iterator[Passage]:
    for paragraph, in_book in without_licence(paragraphs(lines)):
        if not in_book:
            summary.licence += len(paragraph.text)
            continue
        for span in sentences(paragraph.text, language):
            yield Passage(paragraph.start + span.start, paragraph.text[span.start : span.end])


def _visible(piece: str) -> str:
    shown = piece if len(piece) <= 16 else piece[:15] + "…"
    return shown if shown.isprintable() else repr(shown)[1:-1]
