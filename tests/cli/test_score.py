"""`ds2 score` through the door that people use."""

import json
import subprocess
import sys

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
    assert "line 2: not UTF-8 (byte 11)" in ran.stderr


@pytest.fixture
def files(tmp_path):
    """`files("r.trn", "...")`: a file with this text; its path."""

    def write(name: str, text: str):
        (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path / name

    return write


REFERENCE = "the cat sat on the mat (anna-1)\n你好世界 (bob-1)\nx { y / z } w (anna-2)\n"
HYPOTHESIS = "the bat sat the mat now (anna-1)\n你号世 (bob-1)\nx z w (anna-2)\n"
BETTER = "the cat sat the mat now (anna-1)\n你好世 (bob-1)\nx z w (anna-2)\n"


def test_the_report_reads_as_it_should(run, files, golden, monkeypatch, tmp_path):
    files("r.trn", REFERENCE), files("h.trn", HYPOTHESIS), files("b.trn", BETTER)
    monkeypatch.chdir(tmp_path)
    ran = run("score", "r.trn", "h.trn", "--by", "speaker", "--against", "b.trn", "--confusions", "3", "--worst", "2",
              "--ignore-case")
    assert (ran.code, ran.stderr) == (0, "")
    golden("score/report.txt", ran.stdout)


def test_groups_add_up(run, files):
    ran = run("score", "--json", "--by", "speaker", files("r.trn", REFERENCE), files("h.trn", HYPOTHESIS))
    answer = json.loads(ran.stdout)
    groups = answer["groups"]["speaker"]
    assert list(groups) == ["anna", "bob"]
    for kind in answer["words"]:
        assert sum(group["words"][kind] for group in groups.values()) == answer["words"][kind]


@pytest.mark.parametrize(("policy", "code", "errors"), [("empty", 0, 2), ("skip", 3, 0)])
def test_missing_utterances_are_listed_whatever_becomes_of_them(run, files, policy, code, errors):
    sides = files("r.trn", "a (s-1)\nb (s-2)\n"), files("h.trn", "a (s-1)\nc (s-3)\n")
    refused = run("score", *sides)
    assert refused.code == 2 and "`s-2`" in refused.stderr and "--missing" in refused.stderr
    ran = run("score", *sides, "--missing", policy, "--json")
    assert ran.code == code
    answer = json.loads(ran.stdout)
    assert answer["words"]["errors"] == errors
    assert (answer["without_hypothesis"], answer["without_reference"]) == (["s-2"], ["s-3"])
    assert "s-2" in ran.stderr and "s-3" in ran.stderr


def test_records_without_a_hypothesis_can_be_left_out(run):
    lines = '{"id": "a", "text": "x", "pred_text": "x"}\n{"id": "b", "text": "y"}\n'
    ran = run("score", "--missing", "skip", "--json", stdin=lines)
    assert (ran.code, json.loads(ran.stdout)["without_hypothesis"]) == (3, ["b"])


@pytest.mark.parametrize(("how", "errors", "steps"), [("none", 2, []), ("english", 0, ["english"])])
def test_normalising_works_on_both_sides(run, how, errors, steps):
    ran = run("score", "--json", "--normalise", how, stdin=records(("Twenty-one cats.", "21 cats")))
    answer = json.loads(ran.stdout)
    assert (answer["words"]["errors"], answer["settings"]["normalise"]) == (errors, steps)


def test_a_glm_offers_choices_on_both_sides(run, files):
    rules = files("x.glm", "* case_sensitive = 'F'\n[I'LL] => [{ I'LL / I WILL }] / [ ] __ [ ]\n")
    ran = run("score", "--json", "--normalise", rules, stdin=records(("I'll go", "i will go"), ("i will", "I'LL")))
    assert json.loads(ran.stdout)["words"]["errors"] == 0


def test_case_counts_unless_told_otherwise(run):
    pair = records(("The Cat", "the cat"))
    assert json.loads(run("score", "--json", stdin=pair).stdout)["wer"] == 100
    assert json.loads(run("score", "--json", "--ignore-case", stdin=pair).stdout)["wer"] == 0


def test_levenshtein_gives_the_plain_minimum(run):
    pair = records(("a b c d", "x a y b"))
    sclite, plain = (json.loads(run("score", "--json", "--align", how, stdin=pair).stdout)["words"]["errors"]
                     for how in ("sclite", "levenshtein"))
    assert plain == 4 <= sclite


def test_phones_are_called_phones(run):
    ran = run("score", "--words", "phones", stdin=records(("DH AH0 K AE1 T", "DH AH0 B AE1 T")))
    assert ran.stdout.splitlines()[1].split()[:2] == ["phones", "20.00"]


def test_no_reference_words_have_no_rate_and_open_no_gate(run):
    empty = records(("", "two words"))
    ran = run("score", stdin=empty)
    assert ran.code == 0 and ran.stdout.splitlines()[1].split()[1] == "n/a"
    assert json.loads(run("score", "--json", stdin=empty).stdout)["wer"] is None
    ran = run("score", "--max-wer", "50", stdin=empty)
    assert ran.code == 1 and "no reference words" in ran.stderr


def test_the_best_of_the_lists_is_the_oracle(run):
    row = {"text": "a b c", "pred_text": "a x c", "nbest": [{"text": "a x y"}, {"text": "a b c"}]}
    answer = json.loads(run("score", "--json", stdin=json.dumps(row)).stdout)
    assert answer["wer"] > 33 and answer["oracle"] == {"wer": 0, "words": answer["oracle"]["words"], "mean_entries": 2}


def test_latency_is_reported_where_records_carry_it(run):
    rows = "".join(json.dumps({"text": "a", "pred_text": "a", "latency": n / 100}) + "\n" for n in range(101))
    answer = json.loads(run("score", "--json", stdin=rows).stdout)
    assert answer["latency"] == {"median": 0.5, "p95": 0.95, "p99": 0.99, "utterances": 101}


def test_two_systems_on_the_same_records_need_the_same_utterances(run, files):
    a = files("a.jsonl", '{"id": "1", "text": "x", "pred_text": "x"}\n')
    b = files("b.jsonl", '{"id": "2", "text": "x", "pred_text": "x"}\n')
    ran = run("score", a, "--against", b)
    assert ran.code == 2 and "does not hold the same utterances" in ran.stderr


def test_two_systems_need_the_same_references(run, files):
    a = files("a.jsonl", '{"id": "1", "text": "x", "pred_text": "x"}\n')
    b = files("b.jsonl", '{"id": "1", "text": "y", "pred_text": "x"}\n')
    ran = run("score", a, "--against", b)
    assert ran.code == 2 and "another reference" in ran.stderr


@pytest.mark.parametrize(("arguments", "complaint"), [
    (["nowhere.jsonl"], "no such file: `nowhere.jsonl`"),
    (["-", "-"], "both sides cannot come from stdin"),
    (["--normalise", "klingon"], "no normaliser and no file `klingon`"),
    (["--ref-kind", "trn"], "holds one side only"),
])
def test_wrong_use_is_named(run, arguments, complaint):
    ran = run("score", *arguments, stdin="")
    assert ran.code == 2 and complaint in ran.stderr


def test_nothing_to_score_is_an_error(run):
    ran = run("score", stdin="")
    assert ran.code == 2 and "holds no utterances" in ran.stderr


def test_scoring_never_loads_torch():
    code = "import sys; from ds2cli.cli import main; main(['score', '-h']); import ds2cli.workflows.score.score; " \
        "print('torch' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.splitlines()[-1] == "False"


def test_a_real_pipe_carries_records_through(tmp_path):
    lines = records(("the cat", "the bat"))
    command = [sys.executable, "-m", "ds2cli", "score", "--per-utterance"]
    piped = subprocess.run(command, input=lines, capture_output=True, text=True, check=True)
    assert json.loads(piped.stdout)["substitutions"] == 1


def test_letters_composed_and_decomposed_are_the_same(run):
    ran = run("score", "--json", stdin=records(("caf\u00e9", "cafe\u0301")))
    assert json.loads(ran.stdout)["cer"] == 0


def test_capitals_on_one_side_only_are_pointed_out(run):
    ran = run("score", stdin=records(("THE CAT", "the cat"), ("A", "a")))
    assert "--ignore-case" in ran.stderr
    assert run("score", stdin=records(("The cat", "the cat"))).stderr == ""
    assert run("score", "--ignore-case", stdin=records(("THE CAT", "the cat"))).stderr == ""


def lists(text: str, pred_text: str, *nbest: str) -> str:
    return json.dumps({"text": text, "pred_text": pred_text, "nbest": [{"text": entry} for entry in nbest]}) + "\n"


@pytest.mark.parametrize(("line", "how"), [
    (lists("A b", "x", "a B"), ["--ignore-case"]),
    (lists("caf\u00e9 one", "x y", "cafe\u0301 one"), []),
    (lists("twenty one", "twenty two", "21"), ["--normalise", "english"]),
])
def test_lists_go_the_way_of_the_texts(run, line, how):
    assert json.loads(run("score", "--json", *how, stdin=line).stdout)["oracle"]["wer"] == 0


def test_lists_meet_the_choices_of_their_references(run, files):
    said = files("r.trn", "{ a / b } c (s-1)\n")
    ran = run("score", "--json", said, files("h.jsonl", '{"id": "s-1", "pred_text": "x c", "nbest": ["b c"]}\n'))
    assert json.loads(ran.stdout)["oracle"]["wer"] == 0


def test_references_of_two_systems_are_compared_as_they_are_scored(run, files):
    a = files("a.jsonl", '{"id": "1", "text": "Caf\u00e9", "pred_text": "x"}\n')
    b = files("b.jsonl", '{"id": "1", "text": "cafe\u0301", "pred_text": "caf\u00e9"}\n')
    ran = run("score", a, "--against", b, "--ignore-case", "--json")
    assert ran.code == 0 and json.loads(ran.stdout)["comparison"]["wer"] == 0


@pytest.mark.parametrize(("said", "understood", "flags"), [
    ("hello (uh) world", "hello world", ["--optional"]), ("fi- x", "fish x", ["--fragments"]),
])
def test_what_is_right_in_words_is_right_in_characters(run, files, said, understood, flags):
    sides = files("r.trn", f"{said} (s-1)\n"), files("h.trn", f"{understood} (s-1)\n")
    answer = json.loads(run("score", "--json", *sides, *flags).stdout)
    assert (answer["wer"], answer["cer"]) == (0, 0)


def test_marks_count_where_they_are_asked_for(run, files):
    said, understood = files("r.trn", "a b; c (s-1)\n"), files("h.jsonl", '{"id": "s-1", "pred_text": "a b;x c*"}\n')
    wrong = {how: json.loads(run("score", "--json", said, understood, "--marks", how).stdout)["words"]["errors"]
             for how in ("auto", "all", "none")}
    assert wrong == {"auto": 2, "all": 0, "none": 2}


def test_braces_of_a_record_are_words_though_the_other_side_is_a_trn(run, files):
    said, understood = files("r.trn", "a (s-1)\n"), files("h.jsonl", '{"id": "s-1", "pred_text": "{ a"}\n')
    assert json.loads(run("score", "--json", said, understood).stdout)["words"]["insertions"] == 1


def test_ids_and_channels_are_the_same_in_any_case_where_case_is_ignored(run, files):
    trn = files("r.trn", "a b (SPK-1)\n"), files("h.trn", "A B (spk-1)\n")
    timed = files("r.stm", "rec A s 0 1 a b\n"), files("h.ctm", "REC a 0.1 0.2 a\nREC a 0.4 0.2 b\n")
    for sides in (trn, timed):
        assert run("score", *sides).code == 2
        assert json.loads(run("score", "--json", "--ignore-case", *sides).stdout)["wer"] == 0


@pytest.mark.parametrize("flag", ["--by", "--cluster"])
def test_a_field_that_no_record_has_is_named_with_the_nearest(run, flag):
    ran = run("score", flag, "spekaer", stdin='{"text": "a", "pred_text": "a", "speaker": "x"}\n')
    assert ran.code == 2 and "no record has a field `spekaer`" in ran.stderr and "did you mean `speaker`?" in ran.stderr


@pytest.mark.parametrize("limit", ["nan", "inf"])
def test_a_gate_that_could_not_close_is_refused(run, limit):
    assert run("score", "--max-wer", limit, stdin=records(("a", "b"))).code == 2


def test_what_is_no_number_reaches_no_answer(run, tmp_path):
    line = '{"id": "a", "text": "a", "pred_text": "b", "speaker": NaN, "latency": Infinity, "duration": 1e999}'
    for flags in (["--json", "--by", "speaker"], ["--per-utterance"], ["--html", tmp_path / "page.html"]):
        ran = run("score", *flags, stdin=line + "\n")
        assert ran.code == 0
        assert "nan" not in ran.stdout.lower() and "inf" not in ran.stdout.lower()
    page = (tmp_path / "page.html").read_text()
    assert "duration inf" not in page and ": NaN" not in page and "Infinity," not in page


def test_half_of_a_surrogate_pair_passes_through_every_writer(run, tmp_path):
    line = '{"id": "x", "text": "a \\ud83d", "pred_text": "b"}\n'
    for flags in ([], ["--json", "--worst", "1"], ["--per-utterance"], ["--alignments"], ["--confusions", "2"],
                  ["--html", tmp_path / "p.html"], ["--normalise", "english"]):
        assert run("score", *flags, stdin=line).code == 0
    assert (tmp_path / "p.html").read_bytes().decode("utf-8")


@pytest.mark.parametrize("pair", [("\u200bhello", "hello"), ("co\u00adop", "coop"), ("a\ufeffb", "ab"),
                                  ("\u200f\u05e9", "\u05e9")])
def test_characters_that_nobody_sees_are_named_and_folded_on_request(run, pair):
    ran = run("score", "--json", stdin=records(pair))
    assert json.loads(ran.stdout)["wer"] == 100 and "nobody sees" in ran.stderr and "U+" in ran.stderr
    ran = run("score", "--json", "--normalise", "english", stdin=records(pair))
    assert json.loads(ran.stdout)["wer"] == 0 and ran.stderr == ""


def test_a_file_of_equivalents_says_what_else_is_the_same(run, files):
    file = files("same.txt", "# ours\nds2 = D S two = d-s-2\n= uh = um\n")
    pairs = records(("ds two works", "um DS2 works"), ("d s 2", "uh ds2"))
    ran = run("score", "--json", "--normalise", "english", "--equivalents", file, stdin=pairs)
    answer = json.loads(ran.stdout)
    assert answer["words"]["errors"] == 0
    assert answer["settings"]["normalise"] == ["english", f"equivalents {file}"]


@pytest.mark.parametrize(("text", "complaint"), [
    ("okay\n", "line 1: no equivalents in `okay`"), ("a = b\nc = b\n", "line 2: `b` is already in line 1"),
])
def test_a_line_that_is_no_class_is_named(run, files, text, complaint):
    ran = run("score", "--equivalents", files("same.txt", text), stdin=records(("a", "b")))
    assert ran.code == 2 and complaint in ran.stderr


def test_marks_survive_normalising(run, files):
    said = files("r.trn", "{ twenty one / Twelve } (uh) dogs;n and/or { it's / it is } (s-1)\n")
    understood = files("h.trn", "21 DOGS and/or it is (s-1)\n")
    ran = run("score", "--json", said, understood, "--normalise", "english", "--optional")
    assert json.loads(ran.stdout)["words"]["errors"] == 0
