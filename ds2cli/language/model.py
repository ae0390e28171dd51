"""An n-gram model to ask, whatever file it came from: ARPA, compressed or not, or any of KenLM's binaries.

All are asked by one kernel, from the file's own bytes. A binary is mapped; an ARPA file is converted once and kept in
the cache folder, by path, size and time of change.
"""

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ds2cli.errors import LanguageModelError
from ds2cli.io.cache import keep, made_from
from ds2cli.io.remote import local_copy
from ds2cli.language.arpa import BUILD_HINT, arpa_to_binary
from ds2cli.language.kenlm_binary import MAGIC, is_kenlm_binary, kernel_of_bytes, open_binary, to_probing
from ds2cli.language.ngrams import NgramTables

CACHE_VERSION = "2"


@dataclass(frozen=True)
class NgramModel:
    """What a decoder asks: the kernel's model; any number of threads may ask it at once.

    path   the file that the person named
    notes  what they should know of it
    """

    kernel: Any
    path: str = ""
    notes: tuple[str, ...] = ()

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "NgramModel":
        """As `load_ngram_model`."""
        return load_ngram_model(Path(path))

    @property
    def order(self) -> int:
        return self.kernel.order

    @cached_property
    def words(self) -> list[str]:
        """All words in order of id; words[0] is <unk>. Read when it is first asked for."""
        return self.kernel.words()

    def ids(self, words: list[bytes]) -> np.ndarray:
        """The model's numbers of words, (N,) uint32; 0 is <unk>."""
        return self.kernel.indices(words)

    def score(self, sentence: str, begin: bool = True, end: bool = True) -> np.ndarray:
        """log10 p of each word of a sentence given those before it, (words,) float32; with `end`, of </s> too."""
        ids = self.ids([word.encode() for word in sentence.split()])
        return self.kernel.score_tokens(np.append(ids, np.uint32(self.kernel.end_sentence)) if end else ids, begin)


def load_ngram_model(path: str | Path, use_cache: bool = True) -> NgramModel:
    """A language model from a file: ARPA (plain, gzip, xz or bzip2) or a KenLM binary of any type.

    use_cache  keep a converted ARPA under $XDG_CACHE_HOME/ds2 (default ~/.cache/ds2)
    raises  LanguageModelError where the file is missing, foreign, damaged or cut short
    """
    path = local_copy(path, BUILD_HINT)
    if begins_as_binary(path):
        return NgramModel(open_binary(path), str(path))
    if use_cache and (found := _from_cache(path)):
        return found
    content, notes = arpa_to_binary(path)
    model = NgramModel(kernel_of_bytes(content, path), str(path), notes)
    if use_cache:
        _keep(path, content, notes)
    return model


def model_in_memory(tables: NgramTables, name: str = "the model") -> NgramModel:
    """A model that is asked without being written."""
    return NgramModel(kernel_of_bytes(to_probing(tables), name), name, tables.notes)


def begins_as_binary(path: Path) -> bool:
    """Whether a file is one of KenLM's binaries, by its first bytes.

    raises  LanguageModelError where it is missing or cannot be read
    """
    path = local_copy(path, BUILD_HINT)
    if not path.exists():
        raise LanguageModelError(f"no such file: `{path}`", hint=BUILD_HINT)
    if not path.is_file():
        raise LanguageModelError(f"`{path}` is not a file", hint="name the model's file")
    try:
        with open(path, "rb") as file:
            return is_kenlm_binary(file.read(len(MAGIC)))
    except OSError as problem:
        raise LanguageModelError(f"cannot read `{path}`: {problem.strerror}") from None


def _from_cache(path: Path) -> NgramModel | None:
    try:
        kernel = kernel_of_bytes(np.memmap(_cached(path), np.uint8, "r"), path)
        return NgramModel(kernel, str(path), tuple(_cached(path, ".notes").read_text(encoding="utf-8").splitlines()))
    except (OSError, ValueError, LanguageModelError):
        return None  # none yet, or a damaged one: it is made again


def _keep(path: Path, content: np.ndarray, notes: tuple[str, ...]) -> None:
    """Keep a converted model."""
    keep(_cached(path, ".notes"), lambda place: place.write_text("".join(f"{note}\n" for note in notes), "utf-8"))
    keep(_cached(path), lambda place: place.write_bytes(content.data))


def _cached(path: Path, suffix: str = ".bin") -> Path:
    """Where the converted form of this very file lives."""
    return made_from(path, CACHE_VERSION, suffix)
