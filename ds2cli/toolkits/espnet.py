"""ESPnet: data directories, a token list, n-grams of tokens, log-probs as archives.

token_list/tokens.txt is one token a line: <blank> first, <unk> second, <sos/eos> last, a space as <space>. Its n-gram
scorer asks a KenLM file about tokens, not words. espnet.github.io/espnet: data preparation, espnet2 token types.
"""

from collections.abc import Iterator
from pathlib import Path

from ds2cli import hints
from ds2cli.io.atomic import make_folder
from ds2cli.language.model import load_ngram_model
from ds2cli.language.ngrams import BEGIN, END, UNKNOWN
from ds2cli.text.units import BLANK, BLANK_NAME, SPACE, SPACE_NAME, Units
from ds2cli.toolkits.contents import Contents, Skip, write_lines
from ds2cli.toolkits.kaldi import write_archives, write_data
from ds2cli.toolkits.ngrams import write_binary_file
from ds2cli.toolkits.sentencepiece import write_tokenizer

TAKES = ("parts", "units", "lm", "log_probs")


def write(contents: Contents, folder: Path, skip: Skip) -> Iterator[str]:
    make_folder(folder)
    yield from write_data(contents, folder / "data", skip)
    if contents.units:
        tokens = token_list(contents.units)
        path = make_folder(folder / "token_list") / "tokens.txt"
        write_lines(path, tokens)
        yield f"{path}: {len(tokens):,} tokens"
        if contents.units.scores:
            yield write_tokenizer(contents.units, folder / "token_list", ["<unk>"], "bpe")
        yield from write_archives(contents, folder, [BLANK, None, *range(1, len(contents.units)), None])
    if contents.lm:
        note = write_binary_file(contents.lm, folder / "ngram.bin")
        words = set(load_ngram_model(contents.lm).words) - {UNKNOWN, BEGIN, END}
        are_tokens = contents.units is not None and words <= set(token_list(contents.units))
        yield note if are_tokens else (
            f"{note}; of words, and ESPnet's scorer asks for tokens: {hints.LM_OF_UNITS}")


def token_list(units: Units) -> list[str]:
    """In order of number."""
    return [BLANK_NAME, "<unk>", *(SPACE_NAME if name == SPACE else name for name in units.names[1:]), "<sos/eos>"]
