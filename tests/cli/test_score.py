"""`ds2 score` through the door that people use."""

import json

import pytest


def records(*pairs) -> str:
    return "".join(json.dumps({"text": text, "pred_text": pred_text}) + "\n" for text, pred_text in pairs)


def test_records_from_stdin_give_a_table(run):
    ran = run("score", "--bootstrap", "0", stdin=records(("the cat sat", "the bat sat down"), ("a", "a")))
    assert ran.code == 0
    assert ran.stdout.splitlines()[1].split() == ["words", "50.00", "2", "4", "3", "1", "0", "1"]


def test_json_is_one_object(run):
    ran = run("score", "--json", stdin=records(("the cat", "the cat")))
    answer = json.loads(ran.stdout)
    assert (answer["wer"], answer["cer"], answer["words"]["correct"]) == (0, 0, 2)


def test_per_utterance_keeps_the_records_fields(run):
    ran = run("score", "--per-utterance", stdin='{"text": "a b", "pred_text": "a", "speaker": "x", "id": "u1"}\n')
    answer = json.loads(ran.stdout)
    assert (answer["speaker"], answer["id"], answer["deletions"], answer["wer"]) == ("x", "u1", 1, 50.0)


@pytest.mark.parametrize(("limit", "code"), [("49", 1), ("50", 0)])
def test_the_gate_closes_above_its_limit(run, limit, code):
    assert run("score", "--max-wer", limit, stdin=records(("a b", "a"))).code == code


@pytest.mark.parametrize(("line", "complaint"), [
    ("{", "stdin, line 2: not JSON"),
    ("[1]", "stdin, line 2: not a JSON object"),
    ('{"text": "a"}', "stdin, line 2: no field `pred_text`"),
    ('{"pred_text": "a"}', "stdin, line 2: no field `text`"),
    ('{"text": 3, "pred_text": "a"}', "stdin, line 2: `text` is 3"),
    ('{"text": "b", "pred_text": "b", "id": "u1"}', "stdin, line 2: id `u1` was already on line 1"),
])
def test_a_bad_line_is_named(run, line, complaint):
    ran = run("score", stdin='{"text": "a", "pred_text": "a", "id": "u1"}\n' + line + "\n")
    assert (ran.code, ran.stdout) == (2, "")
    assert complaint in ran.stderr


def test_invalid_utf8_is_named_by_line_and_byte(run, tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_bytes(b'{"text": "a", "pred_text": "a"}\n{"text": "\xff"}\n')
    ran = run("score", path)
    assert ran.code == 2
    assert "line 2: byte 11 is not UTF-8" in ran.stderr
