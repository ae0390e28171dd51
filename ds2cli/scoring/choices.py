"""What a person may choose by name when scoring. Light: the command line reads it at start-up."""

from enum import StrEnum

Kind = StrEnum("Kind", ["json", "trn", "kaldi", "lines", "csv", "tsv", "stm", "ctm"])
Marked = StrEnum("Marked", ["auto", "all", "none"])
Missing = StrEnum("Missing", ["error", "empty", "skip"])
WordKind = StrEnum("WordKind", ["auto", "spaces", "phones"])
Align = StrEnum("Align", ["sclite", "levenshtein"])
