"""The plan of an epoch: every utterance once, bounded padding, like lengths for every process."""

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ds2cli.config import BatchConfig
from ds2cli.training.batches import JITTER, padding_share, plan_epoch

durations = st.lists(st.floats(0.1, 30), min_size=1, max_size=80)
batches = st.builds(
    BatchConfig, seconds=st.floats(1, 200), utterances=st.integers(1, 40), sorta_grad=st.booleans()
)
worlds = st.integers(1, 4)


def flat(plan) -> list[int]:
    return [int(index) for step in plan for part in step for index in part]


def groups(plan) -> list[list[int]]:
    return [sorted(int(index) for part in step for index in part) for step in plan]


@settings(deadline=None)
@given(durations, batches, st.integers(0, 99), st.integers(0, 3), worlds)
def test_every_utterance_comes_once(seconds, wanted, seed, epoch, world):
    assert sorted(flat(plan_epoch(seconds, wanted, seed, epoch, world))) == list(range(len(seconds)))


@settings(deadline=None)
@given(durations, batches, st.integers(0, 99), st.integers(0, 3), worlds)
def test_a_step_stays_within_its_seconds_and_its_count(seconds, wanted, seed, epoch, world):
    plan = plan_epoch(seconds, wanted, seed, epoch, world)
    for step, group in zip(plan, groups(plan), strict=True):
        computed = len(group) * max(seconds[index] for index in group)
        alone = len(group) < 2 * world  # fewer would leave a process without work
        assert alone or (computed <= wanted.seconds + 1e-9 and len(group) <= wanted.utterances)
        assert len(step) == world


@settings(deadline=None)
@given(durations, batches, st.integers(0, 99), st.integers(0, 3), worlds)
def test_every_process_has_work_in_every_step_and_as_much_as_the_next(seconds, wanted, seed, epoch, world):
    assume(len(seconds) >= world)
    for step in plan_epoch(seconds, wanted, seed, epoch, world):
        counts = [len(part) for part in step]
        assert min(counts) >= 1 and max(counts) - min(counts) <= 1


@settings(deadline=None)
@given(durations, st.integers(0, 99), worlds)
def test_processes_get_like_lengths(seconds, seed, world):
    """Dealt round the table in order of length: between any two processes, each place differs by one neighbour."""
    for step in plan_epoch(seconds, BatchConfig(seconds=100), seed, 1, world):
        ordered = sorted(seconds[index] for part in step for index in part)
        for rank, part in enumerate(step):
            assert [seconds[index] for index in part] == ordered[rank::world]


@settings(deadline=None)
@given(durations, batches, st.integers(0, 99))
def test_the_first_epoch_goes_from_short_to_long(seconds, wanted, seed):
    plan = plan_epoch(seconds, wanted, seed, 0)
    longest = [max(seconds[index] for index in group) for group in groups(plan)]
    if wanted.sorta_grad:
        assert [seconds[index] for index in flat(plan)] == sorted(seconds)
        assert longest == sorted(longest)


def test_later_epochs_are_shuffled_anew_and_so_are_their_batches():
    seconds = np.random.default_rng(1).uniform(1, 15, 400)
    plans = [plan_epoch(seconds, BatchConfig(seconds=60), 1, epoch) for epoch in range(4)]
    for plan in plans[1:]:
        longest = [max(seconds[group]) for group in groups(plan)]
        assert abs(np.corrcoef(longest, np.arange(len(longest)))[0, 1]) < 0.4
    assert len({tuple(flat(plan)) for plan in plans}) == 4
    mates = [{frozenset(group) for group in groups(plan)} for plan in plans]
    assert not mates[1] & mates[2]


@settings(deadline=None)
@given(durations, batches, st.integers(0, 99), st.integers(0, 3), worlds)
def test_a_plan_depends_on_its_arguments_alone(seconds, wanted, seed, epoch, world):
    np.random.seed(3)
    first = plan_epoch(seconds, wanted, seed, epoch, world)
    np.random.seed(4)
    assert [[part.tolist() for part in step] for step in first] == [
        [part.tolist() for part in step] for step in plan_epoch(tuple(seconds), wanted, seed, epoch, world)
    ]


def test_another_seed_is_another_order():
    seconds = np.random.default_rng(1).uniform(1, 15, 100)
    assert flat(plan_epoch(seconds, BatchConfig(), 1, 1)) != flat(plan_epoch(seconds, BatchConfig(), 2, 1))


def test_more_processes_share_the_same_steps():
    seconds = np.random.default_rng(1).uniform(1, 15, 300)
    alone, shared = (groups(plan_epoch(seconds, BatchConfig(seconds=120), 1, 2, world)) for world in (1, 4))
    assert alone == shared


def test_padding_is_small_sorted_and_shuffled():
    seconds = np.random.default_rng(1).gamma(4, 2, 2000).clip(1, 30)
    shares = [padding_share(plan_epoch(seconds, BatchConfig(seconds=200), 1, epoch), seconds) for epoch in (0, 1)]
    assert shares[0] < 0.02 and shares[0] < shares[1] < 0.5 * JITTER + 0.05
    assert padding_share([[np.array([0, 1])]], [1.0, 3.0]) == 1 - 4 / 6
