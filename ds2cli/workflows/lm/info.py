"""`ds2 lm info`: what a model file holds."""

from dataclasses import dataclass
from pathlib import Path

from ds2cli.io.remote import local_copy
from ds2cli.io.text import compression
from ds2cli.io.urls import url_of
from ds2cli.language.arpa import read_arpa
from ds2cli.language.kenlm_binary import TYPES, open_binary
from ds2cli.language.model import begins_as_binary
from ds2cli.language.ngrams import BEGIN, END, UNKNOWN


@dataclass(frozen=True)
class ModelInfo:
    """A model file.

    format  `arpa` (with how it is compressed) or `kenlm binary` (with its type)
    counts  n-grams of each order
    tokens  `words` or `characters`, by the look of the vocabulary
    notes   what a person should know of the file
    """

    path: str
    format: str
    counts: list[int]
    bytes: int
    tokens: str
    notes: tuple[str, ...] = ()

    def as_record(self) -> dict[str, object]:
        return {"path": self.path, "format": self.format, "order": len(self.counts), "ngrams": self.counts,
                "vocabulary": self.counts[0], "tokens": self.tokens, "bytes": self.bytes}

    def as_lines(self) -> list[str]:
        """For people."""
        counts = " + ".join(f"{count:,}" for count in self.counts)
        return [f"{self.path}  {self.format}, {self.bytes / 1e6:,.1f} MB", f"order       {len(self.counts)}",
                f"n-grams     {counts} = {sum(self.counts):,}",
                f"vocabulary  {self.counts[0]:,} {self.tokens}, with {UNKNOWN}, {BEGIN}, {END}"]


def model_info(path: Path) -> ModelInfo:
    """The whole file is read, so that a file with an answer here is one that decoding and pruning read too.

    raises  LanguageModelError where the file is missing, or no model
    """
    name, file = url_of(path) or str(path), local_copy(path)
    if begins_as_binary(file):
        kernel = open_binary(file)
        kind = f"kenlm binary ({TYPES[kernel.type]})"
        return ModelInfo(name, kind, kernel.counts, file.stat().st_size, _kind(kernel.words()))
    tables = read_arpa(file)
    compressed = compression(file)
    kind = f"arpa ({compressed})" if compressed else "arpa"
    return ModelInfo(name, kind, tables.counts, file.stat().st_size, _kind(tables.words), tables.notes)


def _kind(words: list[str]) -> str:
    own = [word for word in words if word not in (UNKNOWN, BEGIN, END, "<space>")]
    return "characters" if own and all(len(word) == 1 for word in own) else "words"
