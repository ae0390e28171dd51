"""What a segmenting job hands over besides its records: what was left out, a Kaldi directory, a page to look at."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from ds2cli.io.atomic import atomic_text, make_folder, must_be_writable
from ds2cli.phrases import counted
from ds2cli.records.jsonl import Record, to_line
from ds2cli.records.kaldi import write_kaldi
from ds2cli.reporting.choices import Sound
from ds2cli.workflows.segment.recording import SegmentedRecording
from ds2cli.workflows.segment.wording import hours, sentence


@dataclass
class Outputs:
    """`for record in outputs.records(answers)`, then `outputs.finish()`.

    everything  rejected segments too
    report, kaldi, html  where to write them, if anywhere
    raises      UsageError where they cannot be written: before the work of hours, not after it
    """

    everything: bool = False
    report: Path | None = None
    kaldi: Path | None = None
    html: Path | None = None
    html_sound: Sound = Sound.link
    problems: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    recordings: int = 0
    seconds: float = 0.0
    kept: int = 0
    kept_seconds: float = 0.0
    words: int = 0
    kept_words: int = 0
    lost: Counter[str] = field(default_factory=Counter)
    _answers: list[SegmentedRecording] = field(default_factory=list)

    def __post_init__(self) -> None:
        for path in filter(None, (self.report, self.html)):
            must_be_writable(path)
        if self.kaldi:
            make_folder(self.kaldi)

    def records(self, answers: Iterable[SegmentedRecording], say: Callable[[str], None]) -> Iterator[Record]:
        """The segments of all recordings, in order; the rest is counted, and kept for what is written at the end.

        say  is told what became of each recording
        """
        for answer in answers:
            if answer.problem:
                self.problems.append(answer.problem)
            if answer.doubt:
                self.doubts.append(answer.doubt)
            if answer.recording:
                self._count(answer)
                say(sentence(answer))
            if self.kaldi or self.html:
                self._answers.append(answer)
            elif self.report:
                self._answers.append(replace(answer, segments=[]))
            yield from answer.segments if self.everything else answer.kept

    def _count(self, answer: SegmentedRecording) -> None:
        self.recordings += 1
        self.seconds += answer.recording["seconds"]
        self.kept += answer.recording["kept"]
        self.kept_seconds += answer.recording["kept_seconds"]
        self.words += answer.recording["words"]
        self.kept_words += answer.recording["kept_words"]
        self.lost["not heard"] += answer.recording["words"] - answer.recording["aligned_words"]
        self.lost["dropped"] += answer.recording["dropped_words"]
        self.lost["rejected"] += answer.recording["rejected_words"]

    def finish(self) -> None:
        """Write what was asked for besides the records.

        raises  UsageError where a file or folder cannot be written
        """
        if self.report:
            with atomic_text(self.report) as stream:
                for answer in self._answers:
                    row = {name: value for name, value in answer.recording.items() if name != "peaks"}
                    row = {"id": answer.pair.id, **row, "problem": answer.problem, "doubt": answer.doubt}
                    stream.write(to_line(row) + "\n")
        if self.html:
            from ds2cli.workflows.segment.page import write_segment_page

            write_segment_page(self._answers, self.html, self.html_sound)
        if self.kaldi:
            write_kaldi((one for answer in self._answers for one in answer.kept), self.kaldi,
                        unknown_speaker="recording")

    def summary(self) -> str:
        """One line for people."""
        mean = self.kept_seconds / self.kept if self.kept else 0.0
        lost = [f"{count:,} {what}" for what, count in self.lost.items() if count]
        words = " · ".join([f"{self.kept_words:,} of {counted(self.words, 'word')}", *lost])
        return (f"{hours(self.seconds)} in {counted(self.recordings, 'recording')} -> {hours(self.kept_seconds)} in "
                f"{counted(self.kept, 'segment')} of {mean:.1f} s · {words}")
