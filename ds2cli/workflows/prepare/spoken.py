"""How often each pronunciation of a word is said, as `ds2 align --unit-times` heard it, and what that makes probable.

Counts with additive smoothing, scaled so that a word's likeliest pronunciation costs nothing: so Kaldi does it
(`dict_dir_add_pronprobs.sh`), after Chen et al. 2015 (Interspeech, "Pronunciation and silence probability modeling for
ASR").
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

from ds2cli.errors import ManifestError, UsageError
from ds2cli.records.jsonl import Record, Reject, read_records
from ds2cli.text.lexicon import cases

Spelling = tuple[str, ...]
Spoken = dict[str, Counter[Spelling]]
HINT = "ds2 align RUN train.jsonl --lexicon-file lexicon.txt --unit-times -o aligned.jsonl"
# A word counts as seen this often before anything is heard; of these times, each pronunciation but the lexicon's first
# has half of what the first has.
SEEN, OTHERS = 2.0, 0.5
RAREST = 1e-4


def count_spoken(path: str | Path, reject: Reject) -> Spoken:
    """The pronunciations of each word in aligned records, in units.

    reject  is told of each line that is no aligned record, and reading goes on
    raises  UsageError where no record has the times of words and units
    """
    counts: Spoken = defaultdict(Counter)
    for number, record in read_records(path, reject=reject):
        try:
            for word, spelling in _spoken_words(record):
                counts[word][spelling] += 1
        except (LookupError, TypeError):
            reject(ManifestError(f"{path}, line {number}: times of words or units are missing", hint=HINT))
    if not counts:
        raise UsageError(f"no record of `{path}` has the times of words and units", hint=HINT)
    return counts


def _spoken_words(record: Record) -> Iterable[tuple[str, Spelling]]:
    """The words of a record, each with the units that begin before it ends."""
    units = record.get("unit_times") or []
    at = 0
    for word in record.get("words") or []:
        first = at
        while at < len(units) and units[at]["start"] < word["end"] - 1e-6:
            at += 1
        if at > first:
            yield word["word"], tuple(one["unit"] for one in units[first:at])


def probabilities(word: str, spellings: list[Spelling], spoken: Spoken) -> list[float]:
    """Of each pronunciation of a word, in whatever case it was said; the likeliest of them is 1."""
    counts = sum((spoken[form] for form in cases(word) if form in spoken), Counter[Spelling]())
    prior = [1.0, *[OTHERS] * (len(spellings) - 1)]
    seen = [counts[one] + SEEN * share / sum(prior) for one, share in zip(spellings, prior, strict=True)]
    return [max(times / max(seen), RAREST) for times in seen]
