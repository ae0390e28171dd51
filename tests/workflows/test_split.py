"""Splitting by speaker, for any speakers, lengths, shares and orders."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from ds2cli.records.manifest import Utterance
from ds2cli.workflows.prepare.split import split_by_speaker

UTTERANCES = st.lists(st.tuples(st.sampled_from("abcdefghijkl"), st.integers(1, 30_000)), min_size=1, max_size=80)
SHARES = st.lists(st.floats(0.01, 10), min_size=1, max_size=4)


@settings(max_examples=200, deadline=None)
@given(UTTERANCES, SHARES, st.integers(0, 5))
def test_speakers_stay_together_whatever_the_order(drawn, shares, seed):
    utterances = [
        Utterance(str(number), "x.wav", milliseconds / 1000, speaker=speaker)
        for number, (speaker, milliseconds) in enumerate(drawn)
    ]
    speakers = {utterance.speaker for utterance in utterances}
    named = {str(number): share for number, share in enumerate(shares[: len(speakers)])}
    parts = split_by_speaker(utterances, named, seed)

    assert sorted(int(one.id) for part in parts for one in part.utterances) == list(range(len(utterances)))
    assert sum(len(part.speakers) for part in parts) == len(speakers)
    assert all(part.utterances for part in parts), "no part stays empty while there are speakers"
    for part in parts:
        numbers = [int(one.id) for one in part.utterances]
        assert numbers == sorted(numbers), "lines keep their order"

    random.Random(seed).shuffle(utterances)
    again = split_by_speaker(utterances, named, seed)
    assert [part.speakers for part in again] == [part.speakers for part in parts]


def test_shares_are_met_as_well_as_single_speakers_allow():
    speaking = random.Random(1)
    utterances = [
        Utterance(f"{speaker}-{number}", "x.wav", speaking.uniform(1, 10), speaker=str(speaker))
        for speaker in range(100)
        for number in range(speaking.randrange(1, 20))
    ]
    for seed in range(20):
        parts = split_by_speaker(utterances, {"train": 0.8, "dev": 0.1, "test": 0.1}, seed)
        total = sum(part.seconds for part in parts)
        for part in parts:
            # The last speaker dealt may overshoot; nobody here speaks for 200 seconds.
            assert abs(part.seconds - part.share * total) < 200
