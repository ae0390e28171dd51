"""`ds2 lm info`: what a model file holds, from its head where that is enough."""

import gzip
import re
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ds2cli.errors import LanguageModelError
from ds2cli.language.arpa import BUILD_HINT, GZIP_MAGIC
from ds2cli.language.ngrams import BEGIN, END, UNKNOWN
from ds2cli.language.probing import is_kenlm_binary

SAMPLE_WORDS = 1000


@dataclass(frozen=True)
class ModelInfo:
    """A model file.

    format  `arpa`, `arpa.gz` or `kenlm binary`
    counts  n-grams of each order
    tokens  `words` or `characters`, by the look of the vocabulary
    """

    path: str
    format: str
    counts: list[int]
    bytes: int
    tokens: str

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
    """raises  LanguageModelError where the file is missing, or no model"""
    if not path.is_file():
        raise LanguageModelError(f"no such file: `{path}`", hint=BUILD_HINT)
    size = path.stat().st_size
    if is_kenlm_binary(path):
        from ds2cli.language.foreign import binary_counts
        from ds2cli.language.model import load_ngram_model

        return ModelInfo(str(path), "kenlm binary", binary_counts(path), size, _kind(load_ngram_model(path).words))
    with open(path, "rb") as raw:
        compressed = raw.read(len(GZIP_MAGIC)) == GZIP_MAGIC
    try:
        with gzip.open(path, "rb") if compressed else open(path, "rb") as file:
            counts, words = _arpa_head(file, path)
    except (EOFError, gzip.BadGzipFile):
        raise LanguageModelError(f"`{path}`: its gzip data is cut short or damaged", hint=BUILD_HINT) from None
    return ModelInfo(str(path), "arpa.gz" if compressed else "arpa", counts, size, _kind(words))


def _arpa_head(file: IO[bytes], path: Path) -> tuple[list[int], list[str]]:
    """The counts after \\data\\, and the first words."""
    counts: list[int] = []
    words: list[str] = []
    inside = False
    for line in file:
        line = line.strip()
        if inside:
            fields = line.decode(errors="replace").split()
            if len(fields) < 2 or len(words) >= SAMPLE_WORDS:
                break
            words.append(fields[1])
        elif found := re.fullmatch(rb"ngram\s+\d+\s*=\s*(\d+)", line):
            counts.append(int(found[1]))
        elif line == b"\\1-grams:":
            inside = True
        elif not counts and file.tell() > 1 << 20:
            break
    if not counts:
        raise LanguageModelError(f"`{path}` is neither an ARPA file nor a KenLM binary", hint=BUILD_HINT)
    return counts, words


def _kind(words: list[str]) -> str:
    own = [word for word in words if word not in (UNKNOWN, BEGIN, END, "<space>")]
    return "characters" if own and all(len(word) == 1 for word in own) else "words"
