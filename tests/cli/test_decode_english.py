"""ds2 decode with nothing but a recording: the model and the language model that come with ds2."""

import gzip
import json
import shutil

import pytest

import ds2cli
from ds2cli.cli.decode import DEFAULT_RUN, LETTERS
from ds2cli.errors import ConfigError
from ds2cli.model.checkpoint import SHIPPED, checkpoint_path
from ds2cli.runs.decoding import read_tuned
from ds2cli.workflows.inputs import is_input

OWN = SHIPPED / LETTERS


@pytest.fixture
def talk(an4_utterances):
    return an4_utterances(1)[0].audio


def only_record(ran) -> dict:
    assert ran.code == 0, ran.stderr
    return json.loads(ran.stdout)


def test_a_recording_alone_is_decoded_in_english_with_a_lexicon_and_a_language_model(run, talk):
    found = only_record(run("decode", talk))
    assert found["score"]["lm"] < 0
    words = {line.split()[0] for line in gzip.open(SHIPPED / DEFAULT_RUN / "lexicon.txt.gz", "rt")}
    assert found["pred_text"] and set(found["pred_text"].split()) <= words
    assert only_record(run("decode", DEFAULT_RUN, talk)) == found
    own = SHIPPED / DEFAULT_RUN
    by_name = ("--lm", own / "novels-4gram.arpa.xz", "--lexicon-file", own / "lexicon.txt.gz")
    assert only_record(run("decode", DEFAULT_RUN, talk, *by_name)) == found


def test_the_one_of_letters_has_its_language_model_too(run, talk):
    found = only_record(run("decode", LETTERS, talk))
    assert found["score"]["lm"] < 0
    by_name = ("--lm", OWN / "novels-3gram.arpa.gz", "--alpha", read_tuned(LETTERS).weights["alpha"])
    assert only_record(run("decode", LETTERS, talk, *by_name)) == found


def test_greedy_leaves_the_language_model_out(run, talk):
    found = only_record(run("decode", talk, "--greedy"))
    assert found["score"]["lm"] == 0
    assert only_record(run("decode", checkpoint_path("english"), talk, "--greedy")) == found


def test_a_lower_blank_needs_no_beam(run, talk):
    plain, lowered, refused = (only_record(run("decode", talk, "--greedy", "--blank-penalty", n)) for n in (0, 2, -2))
    letters = [len(found["pred_text"].replace(" ", "")) for found in (refused, plain, lowered)]
    assert letters == sorted(set(letters)) and lowered["score"]["lm"] == 0
    assert ds2cli.load(greedy=True, decoding={"blank_penalty": 2}).transcribe(talk).text == lowered["pred_text"]


@pytest.mark.parametrize("flags", [("--beam", "8"), ("--nbest", "3"), ("--lm", "lm.arpa")])
def test_greedy_and_a_beam_exclude_each_other(run, talk, flags):
    ran = run("decode", talk, "--greedy", *flags)
    assert ran.code == 2 and "hint: leave out one of them" in ran.stderr


def test_a_run_folder_may_bring_its_own_language_model(run, talk, tmp_path):
    mine = tmp_path / "mine"
    shutil.copytree(OWN, mine)
    assert only_record(run("decode", mine, talk)) == only_record(run("decode", LETTERS, talk))
    (mine / "novels-3gram.arpa.gz").unlink()
    ran = run("decode", mine, talk)
    assert ran.code == 2 and "no such language model: `novels-3gram.arpa.gz`" in ran.stderr
    assert only_record(run("decode", mine, talk, "--greedy"))["score"]["lm"] == 0
    with pytest.raises(ConfigError):
        read_tuned(mine)


def test_tuning_what_ds2_brings_changes_nothing_in_it(run, talk, tmp_path):
    before = {path.name: path.stat().st_mtime_ns for path in OWN.iterdir()}
    records = tmp_path / "dev.jsonl"
    records.write_text(json.dumps({"id": "a", "audio_filepath": str(talk), "duration": 1.0, "text": "yes"}))
    one_setting = ("--alphas", "0.5", "--betas", "0", "--lm-lookaheads", "1")
    ran = run("tune", "english", records, "--lm", OWN / "novels-3gram.arpa.gz", *one_setting)
    assert ran.code == 0 and "not kept" in ran.stderr
    assert {path.name: path.stat().st_mtime_ns for path in OWN.iterdir()} == before


def test_tuning_mends_a_damaged_file_instead_of_losing_its_trials(run, talk, tmp_path):
    mine, lm = tmp_path / "mine", OWN / "novels-3gram.arpa.gz"
    shutil.copytree(OWN, mine)
    (mine / "decoding.toml").write_text("lm = ")
    ran = run("decode", mine, talk)
    assert ran.code == 2 and "hint: correct it, or decode with --greedy" in ran.stderr
    records = tmp_path / "dev.jsonl"
    records.write_text(json.dumps({"id": "a", "audio_filepath": str(talk), "duration": 1.0, "text": "yes"}))
    ran = run("tune", mine, records, "--lm", lm, "--alphas", "0.5", "--betas", "0", "--lm-lookaheads", "1")
    assert ran.code == 0 and read_tuned(mine).weights["alpha"] == 0.5
    (mine / "decoding.toml").write_text('lm = "novels-3gram.arpa.gz"')
    another = ("--alphas", "0.3", "--betas", "0", "--lm-lookaheads", "1")
    again = run("tune", mine, records, "--lm", mine / lm.name, *another)
    assert again.code == 0 and read_tuned(mine).lm == mine / lm.name


def test_what_can_be_a_run_and_what_cannot(tmp_path, talk):
    speech, empty, trained = tmp_path / "speech", tmp_path / "empty", tmp_path / "run"
    for folder in (speech, empty, trained):
        folder.mkdir()
    shutil.copy(talk, speech)
    shutil.copy(talk, trained)
    (trained / "last.safetensors").write_text("")
    assert all(map(is_input, ["-", "talk.WAV", "dev.jsonl", "dev.npz", str(speech)]))
    assert not any(map(is_input, ["english", "runs/a", "runs/a/best.safetensors", str(empty), str(trained)]))


def test_neither_settles_nor_recombines_in_lists_of_readings(tmp_path):
    """What all readings must say after a while would make them alike."""
    from ds2cli.model.checkpoint import load_checkpoint
    from ds2cli.workflows.decode.decoder import open_decoder
    from ds2cli.workflows.decode.request import DecodeRequest

    run = shutil.copytree(OWN, tmp_path / "run")
    with open(run / "decoding.toml", "a", encoding="utf-8") as settings:
        settings.write("settle_frames = 50\n")
    units = load_checkpoint("english").units
    asked = [DecodeRequest(str(run), [], n_best=n, beam_search=True) for n in (1, 3)]
    configs = [open_decoder(request, units, print).config for request in asked]
    assert [(config.settle_frames, config.recombine) for config in configs] == [(50, True), (0, False)]
