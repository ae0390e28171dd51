"""An error rate is called what it is: of phones PER, of Chinese characters CER, wherever a number is named."""

import json

import pytest

from ds2cli.errors import Exit
from ds2cli.scoring.rate_name import rate_name
from ds2cli.text.units import units_of

TEXTS = {"WER": ["one two", "two one one"], "PER": ["w ah n", "t uw w ah n"], "CER": ["打开 wifi 吧", "我们开会"]}
WORDS = {"WER": "words", "PER": "phones", "CER": "characters"}
KINDS = list(TEXTS)


def named(text: str, kind: str) -> bool:
    """Whether a text calls its rates so, and not otherwise."""
    others = {"WER", "PER"} - {kind}
    return kind in text and not any(other in text for other in others)


def test_texts_tell_what_is_counted():
    assert [rate_name(texts, kind == "PER") for kind, texts in TEXTS.items()] == KINDS
    assert rate_name([]) == rate_name(["naïve café"]) == rate_name(["打 let it go now"]) == "WER"
    assert units_of(TEXTS["PER"], " ").rate_name == "PER" and units_of(TEXTS["WER"]).rate_name == "WER"


@pytest.mark.parametrize("kind", KINDS)
def test_scores_tables_pages_comparisons_and_gates_name_it(run, tmp_path, kind):
    def write(name: str, wrong: bool) -> str:
        lines = []
        for number, text in enumerate(TEXTS[kind]):
            said = text[:-1] if wrong else text
            line = {"id": str(number), "text": text, "pred_text": said, "speaker": "a"}
            lines.append(json.dumps({**line, "tokens": "phones"} if kind == "PER" else line) + "\n")
        (tmp_path / name).write_text("".join(lines))
        return tmp_path / name

    a, b = write("a.jsonl", True), write("b.jsonl", False)
    table = run("score", a, "--by", "speaker", "--against", b, "--html", tmp_path / "page.html")
    assert table.code == Exit.DONE, table.stderr
    assert table.stdout.splitlines()[1].startswith(WORDS[kind]) and f"speaker  {kind} %" in table.stdout
    assert f"A  {a}: {kind} " in table.stdout and named(table.stdout, kind)
    assert f"{kind} " in (tmp_path / "page.html").read_text().split("</title>")[0]
    assert json.loads(run("score", a, "--json").stdout)["rate"] == kind
    gate = run("score", a, "--max-wer", "1")
    assert gate.code == Exit.FAILED and f"error: {kind} " in gate.stderr


@pytest.mark.parametrize("kind", ["PER", "CER"])
def test_training_its_curve_tuning_and_decoding_name_it(run, data, tmp_path, monkeypatch, kind):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    letters = {"PER": lambda text: " ".join(f"{one}h" for one in text if one != " "),
               "CER": lambda text: "".join(chr(0x4E00 + ord(one)) for one in text if one != " ")}[kind]
    for name in ("train", "dev"):
        records = [json.loads(line) for line in (data / f"{name}.jsonl").read_text().splitlines()]
        lines = [json.dumps({**record, "text": letters(record["text"]),
                             "audio_filepath": str(data / record["audio_filepath"])}) for record in records]
        (tmp_path / f"{name}.jsonl").write_text("\n".join(lines) + "\n")
    units = ["--separator", " "] if kind == "PER" else []
    run("prepare", "units", tmp_path / "train.jsonl", *units, "-o", tmp_path / "units.txt")
    trained = run("train", tmp_path / "train.jsonl", "--dev", tmp_path / "dev.jsonl", "--config",
                  data / "settings.toml", "--units", tmp_path / "units.txt", "--run", tmp_path / "run")
    assert trained.code == Exit.DONE, trained.stderr
    header = next(line for line in trained.stderr.splitlines() if line.startswith("epoch"))
    assert header.split() == ["epoch", "loss", "dev", kind, "elapsed", "waited"]
    evaluations = [event for event in map(json.loads, (tmp_path / "run" / "metrics.jsonl").read_text().splitlines())
                   if event["event"] == "evaluation"]
    assert {event["rate"] for event in evaluations} == {kind}
    words = ["--words", "auto"] if kind == "CER" else []
    run("lm", "build", tmp_path / "train.jsonl", *words, "--order", "2", "-o", tmp_path / "lm.arpa")
    tuned = run("tune", tmp_path / "run", tmp_path / "dev.jsonl", "--lm", tmp_path / "lm.arpa", "--alphas", "0.5",
                "--betas", "0")
    assert tuned.code == Exit.DONE and f": {kind} " in tuned.stderr, tuned.stderr
    assert (tmp_path / "run" / "decoding.toml").read_text().startswith(f"# {kind} ")
    said = run("decode", tmp_path / "run", tmp_path / "dev.jsonl", "--greedy")
    heard = [json.loads(line) for line in said.stdout.splitlines()]
    assert kind == "CER" or all(one["tokens"] == "phones" for one in heard if one["pred_text"])
    half = run("export", tmp_path / "run", "--half", "-o", tmp_path / "half.safetensors",
               "--dev", tmp_path / "dev.jsonl")
    assert half.code == Exit.DONE and named(half.stderr, kind), half.stderr
