"""A recording's words are cut in the pronunciations that are heard in it, not in the first that a lexicon has."""

import numpy as np
from spoken import speak

from ds2cli.alignment.recording import align_recording
from ds2cli.text.lexicon import build_lexicon
from ds2cli.text.spelled_text import spell_text
from ds2cli.text.units import Units
from ds2cli.workflows.segment.recording import said_as_heard

PHONES = Units(("<blank>", *(f"p{n}" for n in range(28))), " ")


def test_each_word_is_said_as_it_is_heard_in_it():
    rng = np.random.default_rng(3)
    names = ["".join(rng.choice(list("abcdefgh"), 6)) for _ in range(300)]
    ways = {name: [[f"p{n}" for n in rng.integers(0, 28, size=rng.integers(3, 7))]] for name in names}
    for name in names[::2]:  # a second way, with another sound in one place
        ways[name].append([*ways[name][0][:1], f"p{rng.integers(28)}", *ways[name][0][2:]])
    lexicon = build_lexicon([(name, 1.0, way) for name, two in ways.items() for way in two], PHONES)
    text = " ".join(rng.choice(list(ways), 900))
    transcript = spell_text(text, PHONES, "none", lexicon)
    spellings = [lexicon.spellings(word) for word in transcript.words]
    said = [way[int(rng.integers(len(way)))] for way in spellings]
    log_probs, _ = speak(np.array(sum(said, []), np.int32), 0.05, 5)

    first = align_recording(log_probs, transcript.labels, transcript.starts)
    heard, alignment = said_as_heard(transcript, first, log_probs, lexicon)
    found = [heard.labels[heard.starts[word] : heard.starts[word + 1]].tolist() for word in range(len(said))]
    right = [found[word] == said[word] for word in range(len(said)) if len(spellings[word]) > 1]
    before = [spellings[word][0] == said[word] for word in range(len(said)) if len(spellings[word]) > 1]
    assert np.mean(before) < 0.6 and np.mean(right) > 0.9
    assert alignment.score > first.score and heard.words == transcript.words
