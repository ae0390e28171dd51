"""`ds2 decode`, `--stream` and `tune` with a transducer: the same records as of CTC, clear words where it has none."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from singing import write_songs
from small_network import SETTINGS

from ds2cli.model.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from ds2cli.model.recogniser import Recogniser
from ds2cli.settings import flag_layer, resolve, text_layer
from ds2cli.text.units import Units

UNITS = Units(("<blank>", " ", *"abcdefghijklmnop"))
ARPA = """\\data\\
ngram 1=6

\\1-grams:
-1.0 <unk>
-99 <s>
-1.0 </s>
-0.6 ab
-0.7 ca
-0.8 da

\\end\\
"""


def write_model(path: Path, *more: str, statistics: str = "running") -> None:
    """A network that has learned nothing, and says something all the time."""
    torch.manual_seed(3)
    config, _ = resolve(text_layer(SETTINGS, "settings"), flag_layer([
        "model.head=transducer", "loss.kind=transducer", "model.predictor_size=8", "model.joint_size=12",
        "features.normalise_power=false", f"features.statistics={statistics}", *more,
    ]))
    recogniser = Recogniser(config, UNITS).eval()
    with torch.no_grad():
        for weights in recogniser.network.head.parameters():
            weights.copy_(torch.randn_like(weights))
        recogniser.network.head.output.bias[0] += 3.0
    save_checkpoint(path, Checkpoint(config, UNITS, recogniser.state_dict(), {}))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("transducer")
    write_songs(folder, "dev", 3, 2)
    (folder / "lm.arpa").write_text(ARPA)
    write_model(folder / "both.safetensors")
    write_model(folder / "one.safetensors", "model.bidirectional=false")
    write_model(folder / "pure.safetensors", "loss.ctc_weight=0.0")
    return folder


def records(ran) -> list[dict]:
    assert ran.code == 0, ran.stderr
    return [json.loads(line) for line in ran.stdout.splitlines()]


def test_records_hold_what_they_hold_of_ctc(run, folder):
    for more in ([], ["--beam", "4"], ["--lm", folder / "lm.arpa", "--alpha", "0.5", "--internal", "0.2"],
                 ["--search", "best", "--beam", "4"], ["--hot-word", "ab"]):
        for record in records(run("decode", folder / "both.safetensors", folder / "dev.jsonl", "--nbest", "2", *more)
                              if more else run("decode", folder / "both.safetensors", folder / "dev.jsonl")):
            assert {"pred_text", "score", "words"} <= record.keys()
            assert " ".join(word["word"] for word in record["words"]) == record["pred_text"]
            times = [time for word in record["words"] for time in (word["start"], word["end"])]
            assert all(0 < word["confidence"] <= 1 for word in record["words"]) and min(times, default=0) >= 0
            assert [word["start"] for word in record["words"]] == sorted(word["start"] for word in record["words"])
            if more:
                assert record["nbest"][0]["text"] == record["pred_text"]
    for kind in ("text", "ctm", "srt", "trn"):
        assert run("decode", folder / "both.safetensors", folder / "dev" / "0.wav", "--format", kind).code == 0


def test_greedy_and_a_beam_of_one_differ_only_by_what_they_add_up(run, folder):
    said = [records(run("decode", folder / "both.safetensors", folder / "dev.jsonl", *more))
            for more in (["--greedy"], ["--max-labels", "5"], ["--max-labels", "1"])]
    assert [one["pred_text"] for one in said[0]] == [one["pred_text"] for one in said[1]]
    assert any(one["pred_text"] for one in said[0])
    assert [one["pred_text"] for one in said[0]] != [one["pred_text"] for one in said[2]]


@pytest.mark.parametrize("model", ["one", "both"])
@pytest.mark.parametrize("more", [[], ["--beam", "4"]])
def test_a_stream_ends_with_what_the_whole_recording_says(run, folder, model, more):
    sound = folder / "dev" / "0.wav"
    whole = records(run("decode", folder / f"{model}.safetensors", sound, *more))[0]
    live = records(run("decode", folder / f"{model}.safetensors", "--stream", sound, "--silence", "0",
                       "--settle", "0", *more))  # fmt: skip
    assert {record["event"] for record in live} <= {"partial", "final"} and live[-1]["event"] == "final"
    if model == "one":
        assert live[-1]["pred_text"] == whole["pred_text"]
        assert live[-1]["score"]["total"] == pytest.approx(whole["score"]["total"], abs=0.01)
    partials = [record for record in live if record["event"] == "partial"]
    assert partials and all(record["text"].startswith(record["stable"]) for record in partials)


def test_tuning_keeps_the_internal_models_weight(run, folder, tmp_path):
    (tmp_path / "run").mkdir()
    place = tmp_path / "run" / "best.safetensors"
    place.write_bytes((folder / "both.safetensors").read_bytes())
    ran = run("tune", tmp_path / "run", folder / "dev.jsonl", "--lm", folder / "lm.arpa", "--alphas", "0.2 0.5",
              "--betas", "0", "--lm-lookaheads", "1", "--blank-penalties", "0", "--internals", "0.3", "--json")
    assert {trial["internal"] for trial in records(ran)} == {0.0, 0.3}
    assert "internal = " in (tmp_path / "run" / "decoding.toml").read_text()
    records(run("decode", tmp_path / "run", folder / "dev.jsonl", "--lm", folder / "lm.arpa"))


def test_what_a_transducer_has_not_is_refused(run, folder, tmp_path):
    ran = run("decode", folder / "both.safetensors", folder / "dev.jsonl", "--log-probs", tmp_path / "x.npz")
    assert ran.code == 2 and "no log-probs" in ran.stderr and "hint:" in ran.stderr
    assert not (tmp_path / "x.npz").exists()
    config = load_checkpoint(folder / "both.safetensors").config
    assert config.model.head == "transducer"
    saved = tmp_path / "saved.npz"
    from ds2cli.decoding.log_probs import LogProbWriter

    with LogProbWriter(saved, UNITS, 0.02) as writer:
        writer.add({"id": "a"}, np.log(np.full((4, len(UNITS)), 1 / len(UNITS), np.float32)))
    ran = run("decode", folder / "both.safetensors", saved)
    assert ran.code == 2 and "is a transducer" in ran.stderr
    ran = run("decode", "english", folder / "dev.jsonl", "--max-labels", "2")
    assert ran.code == 2 and "setting of transducers" in ran.stderr


def test_align_goes_by_its_own_lattice_with_ctc_beside_it_or_without(run, folder, tmp_path):
    for model in ("both", "pure"):
        timed = records(run("align", folder / f"{model}.safetensors", folder / "dev.jsonl", "--unit-times"))
        for record in timed:
            assert [word["word"] for word in record["words"]] == record["text"].split()
            ends = [word["end"] for word in record["words"]]
            assert ends == sorted(ends) and ends[-1] <= record["duration"] + 0.02
            assert "".join(one["unit"] for one in record["unit_times"]) == record["text"]
            assert all(0 <= word["confidence"] <= 1 for word in record["words"]) and record["score"] < 0
    said = records(run("decode", folder / "pure.safetensors", folder / "dev.jsonl", "--greedy", "--unit-times"))
    said = [one for one in said if one["pred_text"]]
    again = [{**one, "text": one["pred_text"], "audio_filepath": str(folder / one["audio_filepath"])} for one in said]
    (tmp_path / "said.jsonl").write_text("".join(json.dumps(one) + "\n" for one in again))
    timed = records(run("align", folder / "pure.safetensors", tmp_path / "said.jsonl", "--unit-times"))
    assert said and all(one["score"] >= other["score"]["acoustic"] - 0.01
                        for one, other in zip(timed, said, strict=True))


def test_pictures_show_what_it_says_along_its_best_path(run, folder, tmp_path):
    sound = folder / "dev" / "0.wav"
    ran = run("plot", "utterance", folder / "pure.safetensors", sound, "-o", tmp_path / "look.svg")
    assert ran.code == 0 and (tmp_path / "look.svg").stat().st_size > 5000, ran.stderr
    for where in ([], ["--frame", "2"]):
        ran = run("plot", "sensitivity", folder / "pure.safetensors", sound, "--unit", "a", *where,
                  "-o", tmp_path / "s.png")  # fmt: skip
        assert ran.code == 0 and 0 <= float(ran.stderr.split("probability ")[1]) <= 1, ran.stderr


def test_narrow_checkpoints_read_nearly_the_same(run, folder, tmp_path):
    for kind, most in (("half", 0.05), ("int8", 1.0)):
        ran = run("export", folder / "one.safetensors", "-o", tmp_path / f"{kind}.safetensors", "--format", kind)
        assert ran.code == 0 and float(ran.stderr.split("largest difference of log-probs: ")[1].split(",")[0]) < most
        records(run("decode", tmp_path / f"{kind}.safetensors", folder / "dev.jsonl"))


def greedily(parts, state, waveform, max_labels: int = 5) -> list[int]:
    """A search as another program would write it, over files alone."""
    encoder, predictor, joint = parts
    encoded, frames = encoder(waveforms=waveform[None], lengths=np.array([len(waveform)]))
    said: list[int] = []
    projected, *after = predictor(labels=np.array([0]), **state)
    for frame in encoded[0, : frames[0]]:
        for _ in range(max_labels):
            label = int(joint(encoded=frame[None], projected=projected)[0].argmax())
            if label == 0:
                break
            said.append(label)
            projected, *after = predictor(labels=np.array([label]), **dict(zip(state, after, strict=True)))
    return said


@pytest.mark.parametrize("more", [[], ["model.predictor=stateless"]])
def test_another_program_says_the_same_with_the_three_onnx_files(run, folder, tmp_path, more):
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    from ds2cli.audio.files import read_audio
    from ds2cli.model.exchange.onnx_graph import open_graph

    write_model(tmp_path / "m.safetensors", "loss.ctc_weight=0.0", *more, statistics="adapted")
    ran = run("export", tmp_path / "m.safetensors", "-o", tmp_path / "a.onnx", "--dev", folder / "dev.jsonl")
    names = ["a.onnx", "a.predictor.onnx", "a.joint.onnx"]
    assert ran.code == 0 and ran.stdout.split() == [str(tmp_path / name) for name in names], ran.stderr
    assert float(ran.stderr.split("largest difference of log-probs: ")[1].split(",")[0]) < 1e-4
    state = {"before": np.zeros(1, np.int64)} if more else {
        name: np.zeros((1, 8), np.float32) for name in ("hidden", "cell")}
    parts = [open_graph(tmp_path / name) for name in names]
    for record in records(run("decode", tmp_path / "m.safetensors", folder / "dev.jsonl", "--greedy", "--unit-times")):
        said = greedily(parts, state, read_audio(str(folder / record["audio_filepath"]), 8000))
        assert [UNITS.names[unit] for unit in said] == [one["unit"] for one in record["unit_times"]] != []


def test_a_torch_program_of_a_transducer_is_refused(run, folder, tmp_path):
    ran = run("export", folder / "both.safetensors", "-o", tmp_path / "a.pt2")
    assert ran.code == 2 and "hint: to ONNX they are" in ran.stderr and not (tmp_path / "a.pt2").exists()
