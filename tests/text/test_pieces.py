"""Letters, bigrams and pieces: every kind of unit spells a text and gives it back."""

import math
import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ds2cli.errors import TextError, UsageError
from ds2cli.text.pieces import likeliest_cut, merged_cut, sampled_cut
from ds2cli.text.units import Units, bigrams_of, parse_units, pieces_of, units_of, write_units

SCORES = {"▁": -3.0, "t": -2.5, "h": -2.0, "e": -1.5, "▁t": -2.2, "th": -2.6, "he": -1.9, "▁the": -1.2, "▁th": -2.0}
LONGEST = 4
words = st.text("the", min_size=1, max_size=7).map(lambda word: "▁" + word)


def every_cut(word: str) -> list[list[str]]:
    if not word:
        return [[]]
    return [[word[:n], *rest] for n in range(1, LONGEST + 1) if word[:n] in SCORES and len(word) >= n
            for rest in every_cut(word[n:])]


@given(words)
def test_the_likeliest_cut_is_the_best_of_all(word):
    found = likeliest_cut(word, SCORES, LONGEST)
    best = max(sum(SCORES[piece] for piece in cut) for cut in every_cut(word))
    assert "".join(found) == word and sum(SCORES[piece] for piece in found) == pytest.approx(best)


def test_cuts_are_drawn_as_often_as_they_are_likely():
    weights = {tuple(cut): math.exp(0.5 * sum(SCORES[piece] for piece in cut)) for cut in every_cut("▁the")}
    generator = random.Random(1)
    drawn = Counter(tuple(sampled_cut("▁the", SCORES, LONGEST, 0.5, generator)) for _ in range(4000))
    for cut, weight in weights.items():
        assert drawn[cut] / 4000 == pytest.approx(weight / sum(weights.values()), abs=0.03)
    assert sampled_cut("▁x", SCORES, LONGEST, 0.5, generator) is likeliest_cut("▁x", SCORES, LONGEST) is None


def test_merges_come_in_the_order_of_their_ranks():
    ranks = {"he": 0.0, "th": -1.0, "▁t": -2.0, "the": -3.0, "▁": -4.0, "t": -5.0, "h": -6.0, "e": -7.0}
    assert merged_cut("▁the", ranks) == ["▁t", "he"] and merged_cut("▁thth", ranks) == ["▁", "th", "th"]
    assert merged_cut("▁x", ranks) is None


@pytest.mark.parametrize("units", [
    units_of(["the heath"]), bigrams_of(["the heath"]), Units(("<blank>", *SCORES)),
    Units(("<blank>", *SCORES), "", "likeliest", (0.0, *SCORES.values())),
    Units(("<blank>", *SCORES), "", "merged", (0.0, *SCORES.values())),
    Units(("<blank>", " the", "t", "h", "e", " ")),
])
@settings(max_examples=30, deadline=None)
@given(text=st.text("the ", max_size=12))
def test_every_kind_of_unit_spells_a_text_and_gives_it_back(units, text):
    labels = units.encode(text)
    assert units.text(labels) == " ".join(text.split())
    assert [units.text(labels[span]) for span in units.word_spans(labels)] == text.split()
    assert parse_units(write_units(units)) == units
    with pytest.raises(TextError, match="`x` is not a unit"):
        units.encode(text + "x")
    assert units.unknown(text + "xx") == ["x"]


def test_bigrams_are_those_of_deep_speech_2():
    units = bigrams_of(["the cat sat", "the"], min_count=1)
    assert [units.names[unit] for unit in units.encode("the cat sat")] == ["th", "e", " ", "ca", "t", " ", "sa", "t"]
    frequent = bigrams_of(["the cat sat", "the"], min_count=2)
    assert "th" in frequent.names and "ca" not in frequent.names and "c" not in frequent.names


def test_a_vocabulary_of_pieces_from_elsewhere_is_read():
    unigram = parse_units("<unk>\t0\n<s>\t0\n</s>\t0\n▁the\t-1.5\n▁\t-2.25\nt\t-3.5\nh\t-3\ne\t-3.25\n")
    assert unigram.cut == "likeliest" and unigram.names == ("<blank>", "▁the", "▁", "t", "h", "e")
    ranks = parse_units("<unk>\t0\n▁t\t-0\nhe\t-1\n▁\t-2\nt\t-3\nh\t-4\ne\t-5\n")
    assert ranks.cut == "merged" and [ranks.names[unit] for unit in ranks.encode("the")] == ["▁t", "he"]
    with pytest.raises(UsageError, match="not a piece and its score"):
        parse_units("a\tb\nc\td\n")


def test_pieces_are_cut_as_the_sentencepiece_package_cuts_them():
    sentencepiece = pytest.importorskip("sentencepiece")
    import io

    texts = ["the cat sat on the mat", "that hat is the cat's", "a thing that sat there"] * 20
    units = pieces_of(texts, 18)
    assert len(units) == 19
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(texts), model_writer=model, vocab_size=19, normalization_rule_name="identity",
        bos_id=-1, eos_id=-1, character_coverage=1.0, minloglevel=2)
    theirs = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    for text in {*texts, "the thing is a mat", "hat hat"}:
        assert [units.names[unit] for unit in units.encode(text)] == theirs.encode(text, out_type=str)
    with pytest.raises(UsageError, match="9000 pieces: the texts hold 19 at most"):
        pieces_of(texts, 9000)


def test_an_error_rate_is_named_for_what_it_counts():
    assert units_of(["HH AH L OW"], " ").rate_name == "PER"
    assert units_of(["打开吧"]).rate_name == "CER"
    assert units_of(["the cat"]).rate_name == units_of(["seven"]).rate_name == "WER"
