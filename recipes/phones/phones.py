"""Records of speechocean762 with the phones of their prompts as texts.

    python phones.py train.jsonl text-phone > phones.jsonl

`text-phone` is the corpus's resource/text-phone: an utterance and a word's number, then the word's phones with their
stress and their place in the word, which are left out here: 39 phones (CMUdict's) remain.

    000010011.1  K_B AO0_I L_E    ->  K AO L
"""

import re
import sys
from collections.abc import Iterable
from pathlib import Path

from ds2cli.records.jsonl import to_line
from ds2cli.records.manifest import read_manifest

STRESS_AND_PLACE = re.compile(r"\d?(_[BIES])?$")


def phones_of(lines: Iterable[str]) -> dict[str, str]:
    """The phones of each utterance, its words in order."""
    words: dict[str, dict[int, list[str]]] = {}
    for line in lines:
        name, *phones = line.split()
        utterance, _, number = name.rpartition(".")
        words.setdefault(utterance, {})[int(number)] = [STRESS_AND_PLACE.sub("", phone) for phone in phones]
    return {
        utterance: " ".join(phone for number in sorted(numbered) for phone in numbered[number])
        for utterance, numbered in words.items()
    }


def main() -> None:
    phones = phones_of(Path(sys.argv[2]).read_text(encoding="utf-8").splitlines())
    for one in read_manifest(sys.argv[1]):
        print(to_line({**one.record, "audio_filepath": one.audio, "text": phones[one.id], "prompt": one.text}))


if __name__ == "__main__":
    main()
