"""Words that no lexicon has are read as its words are."""

import itertools
import random

from ds2cli.language.pronouncing import learn_to_pronounce

SOUNDS = {"b": "B", "d": "D", "k": "K", "t": "T", "m": "M", "a": "AE", "i": "IH", "o": "AA", "sh": "SH", "x": "K S"}


def read(pieces: tuple[str, ...]) -> tuple[str, list[str]]:
    return "".join(pieces), [phone for piece in pieces for phone in SOUNDS[piece].split()]


def test_a_language_with_rules_is_learned_from_some_of_its_words():
    consonants, vowels = ["b", "d", "k", "t", "m", "sh", "x"], ["a", "i", "o"]
    words = [read(pieces) for pieces in itertools.product(consonants, vowels, consonants, vowels)]
    random.Random(1).shuffle(words)
    pronouncer = learn_to_pronounce(words[:300])
    right = sum(pronouncer.say(word) == phones for word, phones in words[300:])
    assert right == len(words) - 300
    assert pronouncer.say("shaxibod") == "SH AE K S IH B AA D".split()


def test_probabilities_of_what_may_follow_sum_to_one_and_strange_letters_have_no_reading():
    words = [read(pieces) for pieces in itertools.product(["b", "sh", "x"], ["a", "i"], ["t", "m"])]
    pronouncer = learn_to_pronounce(words, order=3)
    pairs = {pair for counts in pronouncer.counts.values() for pair in counts}
    for context in pronouncer.counts:
        assert abs(sum(pronouncer.prob(context, pair) for pair in pairs) - 1) < 1e-4
    assert pronouncer.say("baz") == [] and pronouncer.say("") == []
