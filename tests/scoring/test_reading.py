"""Files of every kind become pairs; what is wrong is named by file and line, and nothing is dropped."""

import json

import pytest

from ds2cli.errors import Ds2Error
from ds2cli.scoring.choices import Kind, Missing, ReadOptions
from ds2cli.scoring.inputs.kinds import recognise
from ds2cli.scoring.inputs.reading import read_pairs

PAIRS = [("u-1", "the cat", "the bat"), ("u-2", "a", "a"), ("u-3", "", "x")]


def as_kind(kind: Kind, side: int) -> str:
    """The same three utterances in every kind of file."""
    field = ("text", "pred_text")[side]
    rows = [(key, texts[side]) for key, *texts in PAIRS]
    match kind:
        case Kind.json:
            return "".join(json.dumps({"id": key, field: text}) + "\n" for key, text in rows)
        case Kind.trn:
            return "".join(f"{text} ({key})\n" for key, text in rows)
        case Kind.kaldi:
            return "".join(f"{key} {text}\n" for key, text in rows)
        case Kind.csv:
            return f"id,{field}\n" + "".join(f'{key},"{text}"\n' for key, text in rows)
        case Kind.tsv:
            return f"id\t{field}\n" + "".join(f"{key}\t{text}\n" for key, text in rows)
    return "".join(text + "\n" for _, text in rows)


def read(tmp_path, reference: str, hypothesis: str, names=("r.trn", "h.trn"), **options):
    for name, text in zip(names, (reference, hypothesis), strict=True):
        (tmp_path / name).write_bytes(text.encode() if isinstance(text, str) else text)
    return read_pairs(tmp_path / names[0], tmp_path / names[1], ReadOptions(**options))


WITH_IDS = [Kind.json, Kind.trn, Kind.kaldi, Kind.csv, Kind.tsv]


@pytest.mark.parametrize("hypothesis", WITH_IDS)
@pytest.mark.parametrize("reference", WITH_IDS)
def test_kinds_with_ids_go_together(tmp_path, reference, hypothesis):
    names = f"r.{reference}", f"h.{hypothesis}"
    pairing = read(tmp_path, as_kind(reference, 0), as_kind(hypothesis, 1), names)
    assert [(pair.id, pair.reference, pair.hypothesis) for pair in pairing.pairs] == PAIRS


def test_plain_lines_are_paired_by_position_and_empty_lines_count(tmp_path):
    pairing = read(tmp_path, "the cat\na\n\n", "the bat\na\nx\n", ("r.txt", "h.txt"))
    assert [(pair.reference, pair.hypothesis) for pair in pairing.pairs] == [(said, got) for _, said, got in PAIRS]


def test_windows_line_ends_and_byte_order_marks_change_nothing(tmp_path):
    pairing = read(tmp_path, "\ufeffa b (s-1)\r\nc (s-2)\r\n", "a b (s-1)\nc (s-2)\n")
    assert [(pair.reference, pair.hypothesis) for pair in pairing.pairs] == [("a b", "a b"), ("c", "c")]


@pytest.mark.parametrize(("name", "text", "kind"), [
    ("x.trn", "", Kind.trn), ("text", "a b\n", Kind.kaldi), ("x.jsonl", "", Kind.json), ("x.stm", "", Kind.stm),
    ("x.txt", "the cat sat\nthe end\n", Kind.lines), ("x.txt", "spk1-01 the cat\nspk1-02 the end\n", Kind.kaldi),
    ("x.txt", "the cat (a-1)\nthe end (a-2)\n", Kind.trn), ("x", '{"text": "a"}\n', Kind.json),
    ("x.txt", "spk1-01 the cat\nspk1-01 the end\n", Kind.lines), ("x.TSV", "", Kind.tsv),
])
def test_the_kind_is_told_by_name_or_by_the_first_lines(tmp_path, name, text, kind):
    (tmp_path / name).write_text(text)
    assert recognise(tmp_path / name) == kind


@pytest.mark.parametrize(("reference", "hypothesis", "names", "complaint"), [
    ("a (s-1)\n", "a (s-1)\nb (s-1)\n", ("r.trn", "h.trn"), "line 2: id `s-1` was already on line 1"),
    ("a (s-1)\nb\n", "a (s-1)\n", ("r.trn", "h.trn"), "r.trn`, line 2: no utterance id"),
    ("{ a (s-1)\n", "a (s-1)\n", ("r.trn", "h.trn"), "line 1: `{` without `}`"),
    ("a\nb\n", "a\n", ("r.txt", "h.txt"), "has 2 lines, but"),
    (b"a (s-1)\n\xff (s-2)\n", "a (s-1)\n", ("r.trn", "h.trn"), "line 2: not UTF-8 (byte 1)"),
    ("a (s-1)\nb (s-2)\n", "a (s-1)\n", ("r.trn", "h.trn"), "no hypothesis for `s-2`"),
    ("a (s-1)\n", "a (s-1)\nb (s-2)\n", ("r.trn", "h.trn"), "no reference for `s-2`"),
    ("u1 a\n\n", "u1 a\n", ("text", "h.trn"), "line 2: empty"),
    ("a b\n", "a (s-1)\n", ("r.txt", "h.trn"), "r.txt` has no ids"),
    ("id,words\n1,a\n", "id,pred_text\n1,a\n", ("r.csv", "h.csv"), "line 1: no column `text`"),
    ("id,text\n1,a,b\n", "id,pred_text\n1,a\n", ("r.csv", "h.csv"), "line 2: 3 cells"),
    ('id,text\n1,"a\n', "id,pred_text\n1,a\n", ("r.csv", "h.csv"), "line 2: "),
    ("f A s 0 1 a\n", "f A 0 0.1\n", ("r.stm", "h.ctm"), "h.ctm`, line 1: 4 fields of at least 5"),
    ("f A s 0 x a\n", "f A 0 0.1 a\n", ("r.stm", "h.ctm"), "`x` is not a time"),
    ("f A s 2 1 a\n", "f A 0 0.1 a\n", ("r.stm", "h.ctm"), "before it starts"),
    ("f A s 0 nan a\n", "f A 0 0.1 a\n", ("r.stm", "h.ctm"), "`nan` is not a time"),
    ("f A s 0 1 a\n", "f A 1 0.1 a\nf A 0 0.1 b\n", ("r.stm", "h.ctm"), "line 2: starts at 0 s, before line 1"),
    ("f A s 0 1 a\n", "f A * * <ALT_BEGIN>\nf A 0 1 b\n", ("r.stm", "h.ctm"), "`<ALT_BEGIN>` without"),
    ("f A s 0 1 a\n", "f B 0 0.1 a\n", ("r.stm", "h.ctm"), "no hypothesis for `f-A-0.00-1.00`"),
    ("f A s 0 1 a\n", "a (s-1)\n", ("r.stm", "h.trn"), "ctm hypotheses need an stm reference"),
])
def test_what_is_wrong_is_named(tmp_path, reference, hypothesis, names, complaint):
    with pytest.raises(Ds2Error) as raised:
        read(tmp_path, reference, hypothesis, names)
    assert complaint in str(raised.value) + (raised.value.hint or "")
    assert raised.value.code == 2


def test_missing_ids_are_scored_as_empty_or_left_out_and_always_listed(tmp_path):
    texts = "a (s-1)\nb (s-2)\n", "a (s-1)\nc (s-3)\n"
    empty = read(tmp_path, *texts, missing=Missing.empty)
    assert [(pair.reference, pair.hypothesis) for pair in empty.pairs] == [("a", "a"), ("b", ""), ("", "c")]
    skipped = read(tmp_path, *texts, missing=Missing.skip)
    assert [pair.id for pair in skipped.pairs] == ["s-1"]
    for pairing in (empty, skipped):
        assert (pairing.without_hypothesis, pairing.without_reference) == (["s-2"], ["s-3"])


def test_every_word_of_a_ctm_is_scored_once(tmp_path):
    stm = "f A s 0 1 a\nf A s 1 2 ignore_time_segment_in_scoring\nf A s 2 3 { b / @ } c\n"
    ctm = "f A 0.0 0.2 a\nf A 0.9 0.2 late\nf A 1.5 0.1 gone\nf A 2.5 0.1 c\nf A 9 0.1 tail\n"
    pairing = read(tmp_path, stm, ctm, ("r.stm", "h.ctm"))
    assert [(pair.reference, pair.hypothesis) for pair in pairing.pairs] == [("a", "a"), ("{ b / @ } c", "c tail")]
    assert pairing.ignored == ["f-A-1.00-2.00"]


def test_alternatives_of_a_ctm_become_a_choice(tmp_path):
    ctm = "f A 0 1 x\nf A * * <ALT_BEGIN>\nf A 1 1 b\nf A * * <ALT>\nf A * * <ALT_END>\n"
    pairing = read(tmp_path, "f A s 0 5 x b\n", ctm, ("r.stm", "h.ctm"))
    assert pairing.pairs[0].hypothesis == "x { b / @ }"
