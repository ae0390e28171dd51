"""The lexicon of english-phones: `python lexicon.py cmudict.dict WORDS > lexicon.txt`, where WORDS has one word a line.

Every pronunciation that the CMU Pronouncing Dictionary has, without stress; for other words the first guess of g2p-en's
network (`pip install g2p-en`, whose data for nltk are not needed). A possessive that the dictionary lacks is its noun
and s, z or ih z.
"""

import re
import sys
from functools import cache
from pathlib import Path
from typing import Any


def without_stress(phones: list[str]) -> str:
    """ARPAbet in lower case, without the digits that say which vowel is stressed."""
    return " ".join(re.sub(r"\d", "", phone).lower() for phone in phones)


def read_dictionary(path: Path) -> dict[str, list[str]]:
    """The different pronunciations of each word, in the dictionary's order."""
    found: dict[str, list[str]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        word, *phones = line.split(" #")[0].split()
        said = found.setdefault(re.sub(r"\(\d+\)$", "", word), [])
        if without_stress(phones) not in said:
            said.append(without_stress(phones))
    return found


@cache
def guesser() -> Any:
    """The network alone: G2p's constructor would read dictionaries and taggers as well."""
    import g2p_en.g2p  # type: ignore[import-not-found]

    network = g2p_en.g2p.G2p.__new__(g2p_en.g2p.G2p)
    network.graphemes = ["<pad>", "<unk>", "</s>", *"abcdefghijklmnopqrstuvwxyz"]
    vowels = "AA AE AH AO AW AY EH ER EY IH IY OW OY UH".split()
    network.phonemes = ["<pad>", "<unk>", "<s>", "</s>"]
    consonants = "B CH D DH F G HH JH K L M N NG P R S SH T TH V W Y Z ZH".split()
    for phone in sorted([*vowels, "UW", *consonants]):
        network.phonemes += [phone] if phone not in vowels else []
        network.phonemes += [f"{phone}{stress}" for stress in range(3)] if phone in (*vowels, "UW") else []
    network.g2idx = {letter: index for index, letter in enumerate(network.graphemes)}
    network.idx2p = dict(enumerate(network.phonemes))
    network.load_variables()
    return network


def possessive(noun: str) -> str:
    """What `'s` adds to phones."""
    last = noun.rsplit(" ", 1)[-1]
    if last in ("s", "z", "sh", "zh", "ch", "jh"):
        return f"{noun} ih z"
    return f"{noun} s" if last in ("p", "t", "k", "f", "th") else f"{noun} z"


def main(dictionary: Path, words: Path) -> None:
    known = read_dictionary(dictionary)

    def spoken(word: str) -> list[str]:
        if word in known:
            return known[word]
        if len(word) > 2 and word.endswith("'s"):
            return [possessive(noun) for noun in spoken(word[:-2])]
        letters = word.replace("'", "")
        guess = without_stress(guesser().predict(letters)) if letters else ""
        return [guess] if guess else []

    for word in sorted(words.read_text(encoding="utf-8").split()):
        for said in spoken(word):
            print(word, said)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
