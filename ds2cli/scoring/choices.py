"""What a person may choose when scoring. Light: the command line reads it at start-up, for its flags and defaults."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

Kind = StrEnum("Kind", ["json", "trn", "kaldi", "lines", "csv", "tsv", "stm", "ctm"])
Marked = StrEnum("Marked", ["auto", "all", "none"])
Missing = StrEnum("Missing", ["error", "empty", "skip"])
WordKind = StrEnum("WordKind", ["auto", "spaces", "phones"])
Align = StrEnum("Align", ["sclite", "levenshtein"])
MARKED_UP = {Kind.trn, Kind.stm, Kind.ctm}


@dataclass(frozen=True)
class ReadOptions:
    """How to read: kinds where the names do not tell, fields of records and tables, and what to do with gaps.

    marked  where NIST's marks count: auto is in trn, stm and ctm
    ignore_case  ids and channels of trn, stm and ctm are the same in any case, as in sclite without -s
    """

    reference_kind: Kind | None = None
    hypothesis_kind: Kind | None = None
    reference_field: str = "text"
    hypothesis_field: str = "pred_text"
    missing: Missing = Missing.error
    marked: Marked = Marked.auto
    ignore_case: bool = False

    def is_marked(self, kind: Kind) -> bool:
        """Whether NIST's marks count in files of this kind."""
        return self.marked == Marked.all or (self.marked == Marked.auto and kind in MARKED_UP)

    def folds(self, *kinds: Kind) -> Callable[[str], str]:
        """What makes ids of files of these kinds the same."""
        return str.lower if self.ignore_case and MARKED_UP & set(kinds) else str


@dataclass(frozen=True)
class ScoreOptions:
    """Everything that a person may ask of a score; the defaults are the command's.

    normalise  none, english, mandarin, or the path of a GLM file
    equivalents  a file of what else is the same; after normalising
    words  auto (unspaced scripts by character; phones where ds2 decode has noted them), spaces, phones
    align  sclite or levenshtein
    optional, fragments  honour `(word)` and `frag-` where marks count, as sclite's -D and -F do
    by  fields whose values make groups
    draws  of the bootstrap; 0 turns it off
    cluster  the field whose values are drawn together: speaker
    """

    read: ReadOptions = field(default_factory=ReadOptions)
    normalise: str = "none"
    equivalents: str | None = None
    ignore_case: bool = False
    words: WordKind = WordKind.auto
    align: Align = Align.sclite
    optional: bool = False
    fragments: bool = False
    by: tuple[str, ...] = ()
    draws: int = 1000
    cluster: str | None = None
    seed: int = 1
