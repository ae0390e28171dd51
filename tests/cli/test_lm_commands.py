"""`ds2 lm` from the shell: models are built, asked, pruned and mixed; mistakes end in two lines and no file."""

import gzip
import json
import lzma
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import kenlm
import pytest

LMPLZ = Path(__file__).resolve().parent.parent / "golden" / "lmplz"
TEXT = LMPLZ / "novels60.txt"


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def models(run, tmp_path):
    """Two small models and a text that neither has seen."""
    lines = gzip.open(LMPLZ / "novels4k.txt.gz", "rt").read().splitlines()
    for name, part in (("a", lines[:300]), ("b", lines[300:500]), ("dev", lines[500:560])):
        (tmp_path / f"{name}.txt").write_text("\n".join(part) + "\n")
    for name in ("a", "b"):
        assert run("lm", "build", tmp_path / f"{name}.txt", "-o", tmp_path / f"{name}.arpa").code == 0
    return tmp_path


def arpa_counts(path: Path) -> list[int]:
    text = gzip.open(path, "rt").read() if path.suffix == ".gz" else path.read_text()
    return [int(line.split("=")[1]) for line in text.splitlines() if line.startswith("ngram ")]


def test_a_model_is_built_in_one_command_and_kenlm_reads_it(run, tmp_path):
    ran = run("lm", "build", TEXT, "--order", "4", "-o", tmp_path / "m.arpa.gz")
    assert ran.code == 0 and ran.stdout == "" and "611 + 1,303 + 1,359 + 1,307 n-grams" in ran.stderr
    assert "warning: too little" in ran.stderr
    assert run("lm", "build", TEXT, "--order", "4", "-o", tmp_path / "m.bin").code == 0
    text, binary = (kenlm.Model(str(tmp_path / name)) for name in ("m.arpa.gz", "m.bin"))
    assert text.score("the old man") == pytest.approx(binary.score("the old man"))


@pytest.mark.parametrize("prune", [["--prune", "0", "0", "1"], ["--prune", "0 0 1"], ["--prune", "0,0,1"]])
def test_prune_takes_numbers_as_lmplz_does(run, tmp_path, prune):
    assert run("lm", "build", *prune, TEXT, "-o", tmp_path / "m.arpa").code == 0
    lines = [["<s>", *line.split(), "</s>"] for line in TEXT.read_text().splitlines()]
    trigrams = Counter(gram for words in lines for gram in zip(words, words[1:], words[2:], strict=False))
    assert arpa_counts(tmp_path / "m.arpa") == [611, 1303, sum(count > 1 for count in trigrams.values())]


def test_records_and_standard_input_build_the_same_model(run, tmp_path):
    records = "".join(json.dumps({"audio_filepath": "a.wav", "duration": 1, "text": line}) + "\n"
                      for line in TEXT.read_text().splitlines())
    (tmp_path / "train.jsonl").write_text(records)
    run("lm", "build", TEXT, "-o", tmp_path / "text.arpa")
    run("lm", "build", tmp_path / "train.jsonl", "-o", tmp_path / "records.arpa")
    run("lm", "build", "-", "-o", tmp_path / "pipe.arpa", stdin=records)
    text, *others = ((tmp_path / f"{name}.arpa").read_bytes() for name in ("text", "records", "pipe"))
    assert all(other == text for other in others)


def test_little_memory_writes_the_same_file(run, tmp_path):
    run("lm", "build", TEXT, "-o", tmp_path / "roomy.arpa")
    run("lm", "build", TEXT, "--memory", "100k", "-o", tmp_path / "tight.arpa")
    assert (tmp_path / "roomy.arpa").read_bytes() == (tmp_path / "tight.arpa").read_bytes()


def test_the_commonest_words_alone_are_known(run, tmp_path):
    run("lm", "build", TEXT, "--top", "50", "-o", tmp_path / "m.arpa")
    assert arpa_counts(tmp_path / "m.arpa")[0] == 53


def test_a_model_of_characters_has_characters_for_words(run, tmp_path):
    (tmp_path / "zh.txt").write_text("今天 天气好\n明天 天气好\n" * 5, encoding="utf-8")
    run("lm", "build", tmp_path / "zh.txt", "--units", "-o", tmp_path / "zh.arpa")
    info = json.loads(run("lm", "info", tmp_path / "zh.arpa", "--json").stdout)
    assert info["tokens"] == "characters" and info["vocabulary"] == 5 + 3
    score = json.loads(run("lm", "score", tmp_path / "zh.arpa", "--units", "--json", stdin="今天好\n").stdout)
    assert (score["tokens"], score["oov"]) == (4, 0)
    run("lm", "build", tmp_path / "zh.txt", "--units", "--spaces", "-o", tmp_path / "spaced.arpa")
    assert "<space>" in (tmp_path / "spaced.arpa").read_text()


@pytest.mark.parametrize("name", ["m.arpa", "m.arpa.gz", "m.bin"])
def test_info_tells_what_a_file_holds(run, tmp_path, name):
    run("lm", "build", TEXT, "-o", tmp_path / name)
    record = json.loads(run("lm", "info", tmp_path / name, "--json").stdout)
    assert record["order"] == 3 and record["ngrams"] == [611, 1303, 1359] and record["vocabulary"] == 611
    assert record["bytes"] == (tmp_path / name).stat().st_size and record["tokens"] == "words"
    assert "611 + 1,303 + 1,359 = 3,273" in run("lm", "info", tmp_path / name).stdout


@pytest.mark.parametrize("name", ["toy.arpa", "toy.probing.bin", "toy.trie.bin", "toy.quantised.bin"])
def test_info_and_score_take_every_type_of_file(run, name):
    data = Path(__file__).resolve().parent.parent / "language" / "data"
    counts = arpa_counts(data / "toy.arpa")
    assert json.loads(run("lm", "info", data / name, "--json").stdout)["ngrams"] == counts
    score = json.loads(run("lm", "score", data / name, "--json", stdin="yes no\n").stdout)
    assert (score["tokens"], score["oov"], score["lines"]) == (3, 0, 1)


def test_score_tells_the_perplexity_and_each_lines_probability(run, models):
    ran = run("lm", "score", models / "a.arpa", models / "dev.txt")
    record = json.loads(run("lm", "score", models / "a.arpa", models / "dev.txt", "--json").stdout)
    assert f"perplexity {record['perplexity']:.2f}" in ran.stdout
    lines = run("lm", "score", models / "a.arpa", models / "dev.txt", "--per-line").stdout.splitlines()
    assert sum(json.loads(line)["log10_prob"] for line in lines) == pytest.approx(record["log10_prob"], abs=1e-2)
    assert len(lines) == record["lines"] == 60


def test_prune_makes_it_smaller_and_says_what_it_cost(run, models):
    before = sum(arpa_counts(models / "a.arpa"))
    ran = run("lm", "prune", models / "a.arpa", "--ngrams", before // 2, "--dev", models / "dev.txt",
              "-o", models / "p.arpa")
    assert ran.code == 0 and sum(arpa_counts(models / "p.arpa")) <= before // 2
    was, now = ran.stderr.split("perplexity ")[1].split(" (")[0].split(" -> ")
    measured = [json.loads(run("lm", "score", models / name, models / "dev.txt", "--json").stdout)["perplexity"]
                for name in ("a.arpa", "p.arpa")]
    assert [float(was), float(now)] == pytest.approx(measured, abs=0.01)


def test_mix_fits_its_weights_and_is_no_worse_than_its_parts(run, models):
    ran = run("lm", "mix", models / "a.arpa", models / "b.arpa", "--dev", models / "dev.txt",
              "-o", models / "m.arpa.gz")
    assert ran.code == 0
    weights = [float(line.split()[0]) for line in ran.stderr.splitlines()[:2]]
    assert sum(weights) == pytest.approx(1, abs=1e-3)
    perplexities = [json.loads(run("lm", "score", models / name, models / "dev.txt", "--json").stdout)
                    for name in ("a.arpa", "b.arpa", "m.arpa.gz")]
    assert perplexities[2]["oov"] <= min(p["oov"] for p in perplexities[:2])


def test_mix_takes_given_weights(run, models):
    ran = run("lm", "mix", models / "a.arpa", models / "b.arpa", "--weights", "0.7", "0.3", "-o", models / "m.bin")
    assert ran.code == 0 and ran.stderr.startswith("0.7000")


def test_by_context_a_model_of_spelled_names_counts_within_names(run, tmp_path):
    commands = ["go", "stop", "enter nine", "enter two", "b o b", "enter nine", "go"] * 3
    (tmp_path / "commands.txt").write_text("\n".join(commands) + "\n")
    (tmp_path / "names.txt").write_text("\n".join("b o b,a n n,n a n,b e n,a b e".split(",")) + "\n")
    (tmp_path / "dev.txt").write_text("enter two\na n n\ngo\nb e n\n")
    for name, order in (("commands", 3), ("names", 4)):
        run("lm", "build", tmp_path / f"{name}.txt", "--order", order, "-o", tmp_path / f"{name}.arpa")
    perplexities = []
    for options in ([], ["--by-context"]):
        ran = run("lm", "mix", tmp_path / "commands.arpa", tmp_path / "names.arpa", "--dev", tmp_path / "dev.txt",
                  *options, "-o", tmp_path / "mixed.arpa")
        assert ran.code == 0, ran.stderr
        perplexities.append(float(ran.stderr.split()[-1]))
    assert perplexities[1] < 0.95 * perplexities[0]
    # Two of the four sentences can only be commands, the other two only names.
    assert [line.split()[0] for line in ran.stderr.splitlines()[-3:-1]] == ["0.5000", "0.5000"]


def test_by_context_sentences_that_no_model_knows_whole_fit_nothing(run, tmp_path):
    for name, text in (("one", "a b a"), ("two", "c d c")):
        (tmp_path / f"{name}.txt").write_text(f"{text}\n" * 3)
        run("lm", "build", tmp_path / f"{name}.txt", "--order", 2, "-o", tmp_path / f"{name}.arpa")
    (tmp_path / "dev.txt").write_text("a d\n")
    ran = run("lm", "mix", tmp_path / "one.arpa", tmp_path / "two.arpa", "--dev", tmp_path / "dev.txt", "--by-context",
              "-o", tmp_path / "mixed.arpa")
    assert ran.code == 1 and "that one model knows whole" in ran.stderr and "--weights" in ran.stderr
    assert not (tmp_path / "mixed.arpa").exists()


@pytest.mark.parametrize("words, code, what", [
    (["build", "none.txt", "-o", "m.arpa"], 2, "no such file: `none.txt`"),
    (["build", "text", "-o", "m.txt"], 2, "ends in .arpa"),
    (["build", "text", "-o", "none/m.arpa"], 2, "no such folder"),
    (["build", "text", "--order", "9", "-o", "m.arpa"], 2, "order 9"),
    (["build", "text", "--prune", "0 2 1", "-o", "m.arpa"], 2, "--prune goes down"),
    (["build", "text", "--prune", "1", "-o", "m.arpa"], 2, "--prune begins with 0"),
    (["build", "text", "--prune", "0 x", "-o", "m.arpa"], 2, "not numbers"),
    (["build", "text", "--prune", "0 0 0 0", "-o", "m.arpa"], 2, "4 numbers for order 3"),
    (["build", "text", "--memory", "lots", "-o", "m.arpa"], 2, "not a size"),
    (["build", "text", "--spaces", "-o", "m.arpa"], 2, "for models of characters"),
    (["build", "-", "--top", "5", "-o", "m.arpa"], 2, "reads the text twice"),
    (["build", "empty", "-o", "m.arpa"], 1, "no words"),
    (["build", "short", "--order", "5", "-o", "m.arpa"], 1, "no line is long enough"),
    (["build", "tagged", "-o", "m.arpa"], 2, "`tagged`, line 2: the text holds `<s>`"),
    (["build", "latin", "-o", "m.arpa"], 2, "`latin`, line 2: not UTF-8"),
    (["info", "none.arpa"], 2, "no such file"),
    (["info", "text"], 2, "neither an ARPA file nor"),
    (["score", "none.arpa", "text"], 2, "no such file"),
    (["prune", "none.arpa", "--threshold", "0.1", "-o", "m.arpa"], 2, "no such file"),
    (["prune", "text", "-o", "m.arpa"], 2, "either --threshold or --ngrams"),
    (["mix", "a.arpa", "-o", "m.arpa"], 2, "at least two models"),
    (["mix", "a.arpa", "b.arpa", "-o", "m.arpa"], 2, "needs a text"),
    (["mix", "a.arpa", "b.arpa", "--weights", "0.5 0.9", "-o", "m.arpa"], 2, "sum to 1"),
])
def test_mistakes_are_two_lines_and_leave_nothing(run, tmp_path, monkeypatch, words, code, what):
    monkeypatch.chdir(tmp_path)
    files = {"text": b"a b c\n", "empty": b"\n\n", "short": b"a b\n", "tagged": b"a\nb <s>\n",
             "latin": b"a\n\xe9t\xe9\n"}
    for name, content in files.items():
        Path(name).write_bytes(content)
    ran = run("lm", *words)
    errors = [line for line in ran.stderr.splitlines() if not line.startswith("warning")]
    assert ran.code == code and ran.stdout == "" and what in errors[0] and errors[0].startswith("error: ")
    assert {path.name for path in tmp_path.iterdir()} <= {*files, "cache"}


def test_a_binary_cannot_be_pruned_and_the_hint_says_what_can(run, tmp_path):
    run("lm", "build", TEXT, "-o", tmp_path / "m.bin")
    ran = run("lm", "prune", tmp_path / "m.bin", "--threshold", "0.1", "-o", tmp_path / "p.arpa")
    assert ran.code == 2 and "give the ARPA file" in ran.stderr


def test_ctrl_c_leaves_neither_a_model_nor_what_was_spilled(tmp_path):
    environment = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "ds2cli", "lm", "build", "-", "--memory", "1M", "-o", str(tmp_path / "m.arpa")]
    pipes = {"stdin": subprocess.PIPE, "stderr": subprocess.PIPE}

    def heed_ctrl_c() -> None:  # a shell's background jobs, this suite among them, leave it ignored
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    with subprocess.Popen(command, **pipes, env=environment, preexec_fn=heed_ctrl_c) as process:
        lines = gzip.open(LMPLZ / "novels4k.txt.gz").read()
        for _ in range(24):  # 9 MB: two blocks are counted and on disk, and the rest never comes
            process.stdin.write(lines)
        process.stdin.flush()
        deadline = time.monotonic() + 60
        while not list(tmp_path.rglob("*.column")) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert list(tmp_path.rglob("*.column"))
        process.send_signal(signal.SIGINT)
        process.communicate()
    assert process.returncode == 130 and not list(tmp_path.iterdir())


def test_a_model_of_characters_says_that_it_is_asked_for_words(run, tmp_path):
    text, model = tmp_path / "zh.txt", tmp_path / "zh.arpa"
    text.write_text("你好吗\n我很好\n你也好\n", encoding="utf-8")
    assert run("lm", "build", text, "--units", "--order", "2", "-o", model).code == 0
    assert "--units" in run("lm", "score", model, text).stderr
    assert "--units" not in run("lm", "score", model, text, "--units").stderr


def test_rounded_probabilities_make_a_smaller_file_of_the_same_ngrams(run, tmp_path):
    folder, text = tmp_path, tmp_path / "text.txt"
    text.write_text("".join(f"the {a} of the {b} is {c}\n" for a in "abcd" for b in "bcde" for c in "cdefg"))
    assert run("lm", "build", text, "--order", 3, "-o", folder / "big.arpa").code == 0
    for name, more in (("whole.arpa.xz", ()), ("short.arpa.xz", ("--decimals", 2))):
        made = run("lm", "prune", folder / "big.arpa", "--ngrams", 1000, "-o", folder / name, *more)
        assert made.code == 0, made.stderr
    whole, short = (lzma.open(folder / name, "rt").read() for name in ("whole.arpa.xz", "short.arpa.xz"))
    rows = [[line.split("\t") for line in text.splitlines() if "\t" in line] for text in (whole, short)]
    assert len(rows[0]) > 20
    for one, other in zip(*rows, strict=True):
        assert one[1] == other[1] and len(one) == len(other)
        for exact, rounded in zip(one[::2], other[::2], strict=True):
            assert abs(float(exact) - float(rounded)) <= 0.005001 and len(rounded.partition(".")[2]) <= 2
    assert (folder / "short.arpa.xz").stat().st_size < (folder / "whole.arpa.xz").stat().st_size
    scored = run("lm", "score", folder / "short.arpa.xz", text)
    assert scored.code == 0, scored.stderr
