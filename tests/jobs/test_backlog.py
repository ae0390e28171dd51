"""Workers that die at random: every question is answered once and in order, and only what kills is given up."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ds2cli.jobs.backlog import AHEAD, DEATHS, LARGEST_PIECE, Backlog
from ds2cli.jobs.work import Work

KILLERS = st.sets(st.integers(0, 59), max_size=5)


def work() -> Work:
    """Questions are lists of numbers, as windows are of utterances; the answer is as long as the question."""
    return Work(
        open=lambda: iter, name=repr, pack=lambda answer: (answer, []), unpack=lambda question, answer, _: answer,
        lost=lambda question, why: [f"{one}: {why}" for one in question],
        divided=lambda question: [[one] for one in question],
        joined=lambda question, answers: [one for answer in answers for one in answer],
    )


@dataclass
class Crew:
    """Workers that take up to two pieces each, and die of the killers; others are killed by chance."""

    backlog: Backlog
    killers: set[int]
    deaths: dict[int, int] = field(default_factory=dict)
    handed: list[list] = field(default_factory=list)

    def step(self, member: list, accident: bool) -> None:
        while len(member) < 2 and not any(task.deaths for piece in member for task in piece):
            if not (piece := self.backlog.take(is_idle=not member)):
                break
            member.append(piece)
        if not member:
            return
        numbers = [number for task in member[0] for number in task.question]
        self.handed.append(numbers)
        if accident or self.killers & set(numbers):
            for number in numbers:
                self.deaths[number] = self.deaths.get(number, 0) + 1
            for piece in member[::-1]:
                self.backlog.died(piece, was_at_work=piece is member[0])
            member.clear()
        else:
            piece = member.pop(0)
            self.backlog.answered(piece, [[str(one) for one in task.question] for task in piece], 0.001)


def finished(questions: list, killers: set[int], accidents: set[int], n_workers: int) -> tuple[list, Crew]:
    backlog = Backlog(work(), questions, n_workers)
    crew, members, answers, step = Crew(backlog, killers), [[] for _ in range(n_workers)], [], 0
    while not backlog.is_done:
        crew.step(members[step % n_workers], step in accidents)
        answers += backlog.ready()
        step += 1
        assert step < 10_000
    return answers, crew


@given(st.lists(st.integers(1, 4), max_size=25), KILLERS, st.sets(st.integers(0, 60), max_size=2), st.integers(1, 4))
@settings(max_examples=150, deadline=None)
def test_only_killers_are_given_up_and_order_is_kept(sizes, killers, accidents, n_workers):
    starts = [sum(sizes[:place]) for place in range(len(sizes))]
    questions = [list(range(start, start + size)) for start, size in zip(starts, sizes, strict=True)]
    answers, crew = finished(questions, killers, accidents, n_workers)
    # What was in hand when three workers died: the killers, and at worst what an accident met beside one of them.
    lost = {number for number, deaths in crew.deaths.items() if deaths == DEATHS}
    assert answers == [[f"{one}: {DEATHS} workers died of it" if one in lost else str(one) for one in question]
                       for question in questions]
    assert max(crew.deaths.values(), default=0) <= DEATHS
    beside = {number for question in questions if killers & set(question) for number in question}
    assert killers & set(sum(questions, [])) <= lost <= beside
    assert accidents or lost <= killers


def test_each_of_several_killers_in_one_question_is_named():
    answers, crew = finished([[0, 1, 2, 3], [4]], {1, 3}, set(), 2)
    assert [one for one in answers[0] if "died" in one] == [f"{n}: 3 workers died of it" for n in (1, 3)]
    assert answers[1] == ["4"]


def test_what_is_quickly_done_is_handed_out_in_large_pieces_and_what_takes_long_one_by_one():
    sizes = {}
    for seconds in (1e-5, 2.0):
        backlog, sizes[seconds] = Backlog(work(), [[n] for n in range(3000)], 2), []
        while not backlog.is_done:
            piece = backlog.take()
            sizes[seconds].append(len(piece))
            backlog.answered(piece, [task.question for task in piece], seconds * len(piece))
            list(backlog.ready())
    assert max(sizes[1e-5]) == LARGEST_PIECE and len(sizes[1e-5]) < 30
    assert set(sizes[2.0]) <= {0, 1}


@pytest.mark.parametrize("n_workers", [1, 3])
def test_questions_are_not_taken_far_ahead_of_one_that_takes_long(n_workers):
    taken = []

    def questions():
        for number in range(1000):
            taken.append(number)
            yield [number]

    backlog = Backlog(work(), questions(), n_workers)
    slow = backlog.take()
    while piece := backlog.take():
        backlog.answered(piece, [task.question for task in piece], 2.0)
        assert not list(backlog.ready())
    assert len(taken) == AHEAD * n_workers
    backlog.answered(slow, [slow[0].question], 2.0)
    assert len(list(backlog.ready())) == AHEAD * n_workers and backlog.take()
