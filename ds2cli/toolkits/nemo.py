"""NeMo: manifests, labels or a tokenizer, KenLM files, log-probs with the blank last.

Manifests are JSON lines (audio_filepath, offset, duration, text), as ours are; paths are absolute. Letters are the
`labels` of a character model's configuration (labels.yaml is that part of it); pieces are a SentencePiece model in
tokenizer/, whose <unk> is number 0. NeMo's n-grams of words are plain KenLM files; an n-gram of pieces names piece n by
the character 100 + n. lexicon.txt is what its flashlight decoder takes: a word, a tab, its units.

docs.nvidia.com/nemo-framework: ASR datasets; language modeling and customization.
"""

from collections.abc import Iterator
from pathlib import Path

from ds2cli.io.atomic import make_folder
from ds2cli.language.model import load_ngram_model
from ds2cli.language.ngrams import BEGIN, END, UNKNOWN
from ds2cli.records.jsonl import to_line
from ds2cli.text.units import BLANK, SPACE, Units
from ds2cli.toolkits.contents import Contents, Skip, heard_alone, write_lines, write_log_probs
from ds2cli.toolkits.ngrams import write_binary_file, write_renamed
from ds2cli.toolkits.sentencepiece import write_tokenizer

TAKES = ("parts", "units", "lexicon", "lm", "log_probs")
FIRST_PIECE = 100  # the character that stands for token 0 in n-grams of pieces


def write(contents: Contents, folder: Path, skip: Skip) -> Iterator[str]:
    make_folder(folder)
    for name, records in contents.parts.items():
        path = folder / f"{name}.json"
        count = write_lines(path, map(to_line, heard_alone(records, skip)))
        yield f"{path}: {count:,} utterances"
    units = contents.units
    if units is not None:
        if units.scores:
            yield write_tokenizer(units, make_folder(folder / "tokenizer"), ["<unk>"])
            write_lines(folder / "tokenizer" / "vocab.txt", map(_word_piece, units.names[1:]))
        else:
            write_lines(folder / "labels.yaml", ["labels:", *(f"- {to_line(name)}" for name in units.names[1:])])
            yield f"{folder / 'labels.yaml'}: {len(units) - 1:,} labels; the blank comes last"
        labels = ["<unk>"] * bool(units.scores) + list(units.names[1:])
        write_lines(folder / "labels.txt", ("<space>" if name == SPACE else name for name in labels))
    if contents.lexicon or contents.lm and contents.spellings:
        count = write_lines(folder / "lexicon.txt",
                            (f"{word}\t{' '.join(spelled)}" for word, spelled in contents.spellings))
        yield f"{folder / 'lexicon.txt'}: {count:,} spellings"
    if contents.lm:
        yield _write_ngrams(contents.lm, units, folder / "lm.bin")
    if units is not None:
        before: list[int | None] = [None] if units.scores else []
        yield from write_log_probs(contents, folder, [*before, *range(1, len(units)), BLANK])


def _word_piece(piece: str) -> str:
    """As NeMo's vocab.txt has pieces: what begins a word bare, what goes on in it behind ##."""
    return piece.removeprefix("▁") if piece.startswith("▁") else f"##{piece}"


def _write_ngrams(lm: Path, units: Units | None, path: Path) -> str:
    words = set(load_ngram_model(lm).words) - {UNKNOWN, BEGIN, END}
    if units is None or not units.scores or not words <= set(units.names):
        return write_binary_file(lm, path)
    numbers = {piece: chr(FIRST_PIECE + number) for number, piece in enumerate(units.names[1:], 1)}
    return write_renamed(lm, path, lambda word: numbers.get(word, word))
