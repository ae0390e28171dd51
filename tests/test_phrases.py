"""Times, numbers and lists of names as people read them."""

import pytest

from ds2cli.phrases import clock, counted, first_few


@pytest.mark.parametrize(("seconds", "shown"), [(0, "0:00"), (59.6, "1:00"), (245, "4:05"), (3599.4, "59:59"),
                                                (3723.9, "1:02:04"), (36_000, "10:00:00")])  # fmt: skip
def test_a_length_of_time_is_a_clock_with_hours_from_an_hour_on(seconds, shown):
    assert clock(seconds) == shown


def test_numbers_of_things_and_the_first_of_many_names():
    assert (counted(0, "word"), counted(1, "word"), counted(1204, "word")) == ("0 words", "1 word", "1,204 words")
    assert first_few(["a", "b", "c"]) == "`a`, `b`, `c`" and first_few([]) == ""
    assert first_few([str(n) for n in range(1005)], 2, mark="") == "0, 1 and 1,003 more"
