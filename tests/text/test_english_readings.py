"""How much of a table of written English is read as a careful American reader says it, by class; no class may fall."""

from collections import Counter

import pytest
from readings import examples, says

from ds2cli.text.normalise import normalise_english

# Right readings of each class, in percent, rounded down.
FLOORS = {
    "cardinal": 98, "ordinal": 100, "date": 96, "time": 100, "money": 98, "measure": 98, "telephone": 100,
    "fraction": 96, "range": 98, "address": 98, "roman": 100, "electronic": 100, "abbreviation": 98, "plain": 100,
}  # fmt: skip


def test_the_readings_of_every_class_are_right():
    total, right, wrong = Counter(), Counter(), {}
    for written, reading, kind in examples():
        read = normalise_english(written).text
        total[kind] += 1
        right[kind] += says(reading, read)
        if not says(reading, read):
            wrong.setdefault(kind, []).append(f"{written} -> {read}")
    rates = {kind: 100 * right[kind] / total[kind] for kind in total}
    low = {kind: (rates[kind], wrong[kind]) for kind in FLOORS if rates[kind] < FLOORS[kind]}
    print({kind: f"{right[kind]} of {total[kind]}" for kind in total})  # pytest -s
    assert rates.keys() == FLOORS.keys() and sum(total.values()) >= 600
    assert not low


@pytest.mark.parametrize(("reading", "words", "is_right"), [
    ("one hundred (and) one", "one hundred one", True),
    ("one hundred (and) one", "one hundred and one", True),
    ("call (zero/oh) one", "call one", False),
    ("two (hundred (and)/zero) one", "two hundred and one", True),
    ("two (hundred (and)/zero) one", "two and one", False),
    ("so (about/) ten|nearly ten", "so ten", True),
    ("so (about/) ten|nearly ten", "nearly ten", True),
    ("so (about/) ten|nearly ten", "so nearly ten", False),
])
def test_a_reading_of_the_table_allows_what_it_says(reading, words, is_right):
    assert says(reading, words) is is_right
