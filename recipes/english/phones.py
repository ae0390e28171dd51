"""Records of words to records of phones: `python phones.py LEXICON... words.jsonl ... > phones.jsonl`.

A lexicon is CMUdict or a file `word phone phone ...` (gzip too); the first one that has a word says it, its first
pronunciation, without stress digits. Utterances with other words are left out and counted. Audio paths become absolute.
"""

import gzip
import json
import re
import sys
from pathlib import Path


def read_lexicon(path: str) -> dict[str, list[str]]:
    """The first pronunciation of each word."""
    found: dict[str, list[str]] = {}
    with (gzip.open(path, "rt") if path.endswith(".gz") else open(path, encoding="utf-8")) as lines:
        for line in lines:
            word, *phones = line.split(" #")[0].split()
            found.setdefault(re.sub(r"\(\d+\)$", "", word), [re.sub(r"\d", "", phone).lower() for phone in phones])
    return found


def main(manifests: list[str], lexicons: list[str]) -> None:
    """One line of JSON for each record that the lexicons can say."""
    known = [read_lexicon(path) for path in lexicons]
    left_out = 0
    for manifest in manifests:
        for line in open(manifest, encoding="utf-8"):
            record = json.loads(line)
            says = [next((one[word] for one in known if word in one), None) for word in record["text"].split()]
            if None in says or not any(says):
                left_out += 1
                continue
            record["audio_filepath"] = str((Path(manifest).parent / record["audio_filepath"]).resolve())
            print(json.dumps({**record, "words_text": record["text"], "text": " ".join(sum(says, []))}))
    print(f"{left_out} utterances without words, or with some that no lexicon has", file=sys.stderr)


if __name__ == "__main__":
    names = sys.argv[1:]
    main([name for name in names if name.endswith(".jsonl")], [name for name in names if not name.endswith(".jsonl")])
