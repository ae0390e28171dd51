"""Lengths of time as people read them."""

import pytest

from ds2cli.reporting.clock import clock


@pytest.mark.parametrize(("seconds", "shown"), [(0, "0:00"), (59.6, "1:00"), (245, "4:05"), (3599.4, "59:59"),
                                                (3723.9, "1:02:04"), (36_000, "10:00:00")])  # fmt: skip
def test_a_length_of_time_is_a_clock_with_hours_from_an_hour_on(seconds, shown):
    assert clock(seconds) == shown
