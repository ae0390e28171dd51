"""The pipe of the recipe for Mini LibriSpeech, on a few utterances of AN4 in its folders, with a tiny network."""

import json
import shutil

import pytest
from real_runs import SMALL, write_manifest


@pytest.mark.slow
def test_the_pipe_runs_from_manifests_to_scores_and_again(recipe, run, tmp_path, an4_utterances):
    utterances, data = an4_utterances(40), tmp_path / "data"
    speech = data / "librispeech-train-clean-5"
    for folder in (data / "noise", data / "cmudict", speech, tmp_path / "settings"):
        folder.mkdir(parents=True)
    shutil.copy(utterances[0].audio, data / "noise")
    train = write_manifest(speech / "train.jsonl", utterances[:30])
    write_manifest(speech / "dev.jsonl", utterances[30:])
    words = sorted({word for one in utterances for word in one.text.split()})
    spelled = "".join(f"{word} {' '.join(word.replace(chr(39), ''))}\n" for word in words)
    (data / "cmudict" / "cmudict.dict").write_text(spelled)
    assert run("lm", "build", train, "-o", tmp_path / "lm.arpa").code == 0
    tiny = SMALL.replace("epochs = 3", "epochs = 2")
    for name in ("ctc", "crf", "further", "distilled", "adapt"):
        (tmp_path / "settings" / f"{name}.toml").write_text(tiny)
    places = {"DS2_DATA": data, "DS2_WORK": tmp_path / "work", "SETTINGS": tmp_path / "settings",
              "LM": tmp_path / "lm.arpa"}  # fmt: skip
    ran = recipe("mini", **places)
    assert ran.returncode == 0, ran.stderr[-3000:]
    assert ran.stdout.startswith("greedy, phones") and "distilled, beam 700, lm.arpa" in ran.stdout
    assert "distilled and its teachers, beam 700, lm.arpa" in ran.stdout
    assert "adapted, beam 700, lm.arpa" in ran.stdout
    work = tmp_path / "work"
    assert f'noise = "{data}/noise"' in (work / "crf" / "config.toml").read_text()
    assert all(len(line.split()) > 2 and 0 < float(line.split()[1]) <= 1 for line in open(work / "lexicon.txt"))
    recordings, recognised = (list(map(json.loads, open(work / f"{name}.jsonl")))
                              for name in ("recordings", "recognised"))
    assert not any({"text", "words_text"} & record.keys() for record in recordings), "transcripts are for scoring"
    assert recognised and all(record["text"] and record["words_text"] for record in recognised)
    again = recipe("mini", **places)
    assert again.returncode == 0 and again.stdout == ran.stdout
