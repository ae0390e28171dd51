"""An n-gram model to ask, whatever file it came from: ARPA, ARPA.gz, or any of KenLM's binaries.

All roads lead to one form in memory, KenLM's probing tables. A probing file is mapped; an ARPA file is converted once
and kept in the cache folder, by path, size and time of change. Tries and quantised files are asked through `kenlm`.
"""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ds2cli import _kernels
from ds2cli.errors import LanguageModelError
from ds2cli.language.arpa import BUILD_HINT, read_arpa
from ds2cli.language.probing import is_kenlm_binary, map_probing, to_probing, write_probing

CACHE_VERSION = "1"


@dataclass(frozen=True)
class NgramModel:
    """What a decoder asks: the kernel's model, and the words in order of id (words[0] is <unk>)."""

    kernel: Any
    words: list[str]
    order: int
    path: str = ""

    def score(self, sentence: str, begin: bool = True, end: bool = True) -> np.ndarray:
        """log10 p of each word of a sentence given those before it; with `end`, of </s> too."""
        ids = [self.kernel.index(word) for word in sentence.split()]
        if end:
            ids.append(self.kernel.end_sentence)
        return self.kernel.score_tokens(np.array(ids, np.uint32), begin)


def load_ngram_model(path: str | Path, use_cache: bool = True) -> NgramModel:
    """A language model from a file: ARPA (plain or gzipped) or a KenLM binary of any type.

    use_cache  keep a converted ARPA under $XDG_CACHE_HOME/ds2 (default ~/.cache/ds2)
    raises  LanguageModelError where the file is missing, foreign, damaged or cut short
    """
    if not Path(path).is_file():
        raise LanguageModelError(f"no such file: `{path}`", hint=BUILD_HINT)
    if not is_kenlm_binary(path):
        return _from_arpa(Path(path), use_cache)
    from ds2cli.language.foreign import is_probing, load_through_kenlm

    return _from_bytes(map_probing(path), path) if is_probing(path) else load_through_kenlm(path)


def _from_bytes(content: np.ndarray, path: str | Path) -> NgramModel:
    try:
        kernel = _kernels.NgramModel(content)
    except ValueError as problem:
        raise LanguageModelError(f"`{path}` cannot be read: {problem}", hint="build it again from its ARPA") from None
    words = kernel.words()
    if not words:
        raise LanguageModelError(f"`{path}` was built without its words", hint="build it again from its ARPA")
    if words[0] != "<unk>" or len(words) not in (kernel.counts[0], kernel.counts[0] + 1):
        raise LanguageModelError(f"`{path}` is cut short: its words are not all there", hint="copy or build it again")
    return NgramModel(kernel, words, kernel.order, str(path))


def _from_arpa(path: Path, use_cache: bool) -> NgramModel:
    cached = _cache_path(path)
    if use_cache and cached.is_file():
        try:
            return _from_bytes(map_probing(cached), cached)
        except LanguageModelError:
            cached.unlink(missing_ok=True)  # a damaged copy is made again
    tables = read_arpa(path)
    if use_cache:
        try:
            cached.parent.mkdir(parents=True, exist_ok=True)
            write_probing(tables, cached)
            return _from_bytes(map_probing(cached), path)
        except (OSError, LanguageModelError):
            pass  # a full or read-only disk costs the cache, not the answer
    return _from_bytes(to_probing(tables), path)


def cache_folder() -> Path:
    """Where models read from ARPA are kept in the form that loads at once."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ds2"


def _cache_path(path: Path) -> Path:
    """Where the converted form of this very file lives: another path, size or time of change is another name."""
    status = path.stat()
    identity = f"{CACHE_VERSION}:{path.resolve()}:{status.st_size}:{status.st_mtime_ns}"
    return cache_folder() / f"{path.name}.{hashlib.sha256(identity.encode()).hexdigest()[:16]}.bin"
