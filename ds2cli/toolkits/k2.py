"""icefall and k2: lhotse's manifests, a lang directory, ARPA, log-probs in the order of tokens.txt.

lang/ is as icefall's prepare_lang_bpe.py leaves it, but for L.pt, which needs k2: tokens.txt begins with <blk>,
<sos/eos> and <unk> and ends with #0, #1, ...; words.txt with <eps> and #0, <s>, </s>; lexicon_disambig.txt is
lexicon.txt with a #n behind spellings that two words share or that begin others. A space is `▁`; letters have each word
with and without it behind them. Log-probs have columns for <sos/eos> and <unk>, which never come.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from ds2cli import hints
from ds2cli.io.atomic import make_folder
from ds2cli.text.units import BLANK, PIECE_MARK, SPACE, Units
from ds2cli.toolkits import lhotse
from ds2cli.toolkits.contents import Contents, Skip, write_lines, write_log_probs
from ds2cli.toolkits.ngrams import write_arpa_file
from ds2cli.toolkits.sentencepiece import write_tokenizer

TAKES = ("parts", "units", "lexicon", "lm", "log_probs")
BEFORE = ("<blk>", "<sos/eos>", "<unk>")
UNKNOWN_WORD = "<UNK>"

Spellings = list[tuple[str, list[str]]]


def write(contents: Contents, folder: Path, skip: Skip) -> Iterator[str]:
    make_folder(folder)
    if contents.parts:
        yield from lhotse.write(contents, folder / "manifests", skip)
    if contents.units:
        yield from _write_lang(contents, contents.units, make_folder(folder / "lang"))
        yield from write_log_probs(contents, folder, [BLANK, None, None, *range(1, len(contents.units))])
    if contents.lm:
        yield write_arpa_file(contents.lm, folder / "lm.arpa")
        yield f"then: {hints.compile_grammar(folder)}"


def _write_lang(contents: Contents, units: Units, folder: Path) -> Iterator[str]:
    tokens = [*BEFORE, *(PIECE_MARK if name == SPACE else name for name in units.names[1:])]
    spellings = _with_spaces(contents.spellings, units)
    if spellings:
        spellings.append((UNKNOWN_WORD, ["<unk>"]))
        told_apart, most = disambiguated(spellings)
        tokens += [f"#{number}" for number in range(most + 1)]
        words = ["<eps>", *sorted({word for word, _ in spellings}), "#0", "<s>", "</s>"]
        write_lines(folder / "words.txt", (f"{word} {number}" for number, word in enumerate(words)))
        for name, lines in (("lexicon.txt", spellings), ("lexicon_disambig.txt", told_apart)):
            write_lines(folder / name, (f"{word} {' '.join(spelled)}" for word, spelled in lines))
        yield f"{folder / 'lexicon.txt'}: {len(spellings):,} spellings of {len(words) - 4:,} words"
    write_lines(folder / "tokens.txt", (f"{token} {number}" for number, token in enumerate(tokens)))
    yield f"{folder / 'tokens.txt'}: {len(tokens):,} tokens"
    if units.scores:
        yield write_tokenizer(units, folder, BEFORE, "bpe")


def _with_spaces(spellings: Spellings, units: Units) -> Spellings:
    """Letters get each word with and without the space that follows it: the last word of a text has none."""
    if units.mark != SPACE:
        return list(spellings)
    return [(word, spelled + end) for word, spelled in spellings for end in ([], [PIECE_MARK])]


def disambiguated(spellings: Spellings) -> tuple[Spellings, int]:
    """The spellings, with #1, #2, ... behind those that come twice or that begin another; and the highest number.

    So the lexicon's transducer can be made deterministic (Mohri et al. 2002, section 3.2).
    """
    count = Counter(tuple(spelled) for _, spelled in spellings)
    beginnings = {tuple(spelled[:at]) for _, spelled in spellings for at in range(1, len(spelled))}
    used: Counter[tuple[str, ...]] = Counter()
    found = []
    for word, spelled in spellings:
        key = tuple(spelled)
        if count[key] > 1 or key in beginnings:
            used[key] += 1
            spelled = [*spelled, f"#{used[key]}"]
        found.append((word, spelled))
    return found, max(used.values(), default=0)
