"""Work done by many threads comes back in the order of the questions, without asking far ahead."""

import itertools
import random
import time

import pytest

from ds2cli.io.parallel import ordered_map


@pytest.mark.parametrize("jobs", [1, 3, 8])
def test_answers_come_in_the_order_of_the_questions(jobs):
    delays = random.Random(jobs)

    def answer(number):
        time.sleep(delays.random() / 1000)
        return number * number

    assert list(ordered_map(answer, range(200), jobs)) == [number * number for number in range(200)]


def test_an_endless_stream_of_questions_streams():
    asked = itertools.count()
    answers = ordered_map(lambda number: number, asked, 2)
    assert list(itertools.islice(answers, 10)) == list(range(10))
    answers.close()
    assert next(asked) < 100


def test_a_failure_surfaces_at_its_place():
    answers = ordered_map(lambda number: 1 // number, [1, 0, 1], 2)
    assert next(answers) == 1
    with pytest.raises(ZeroDivisionError):
        next(answers)
