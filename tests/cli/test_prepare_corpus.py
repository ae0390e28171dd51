"""`ds2 prepare corpus`: what a person sees, and how it ends."""

import json
import shutil
import subprocess
import sys

import pytest


@pytest.fixture
def broken_an4(an4, tmp_path):
    """AN4 with five training recordings spoiled."""
    folder = tmp_path / "an4"
    shutil.copytree(an4, folder)
    recordings = sorted((folder / "wav/an4_clstk/fash").iterdir())
    for recording in recordings[:4]:
        recording.write_bytes(b"not audio at all")
    recordings[4].unlink()
    return folder


def test_the_summary_stands_beside_the_known_totals(run, an4):
    ran = run("prepare", "corpus", "an4", an4, "--part", "train")
    assert ran.code == 0
    assert ran.stderr == (
        "an4 train: 948 of 948 utterances · 0.71 h · 74 of 74 speakers\nvocabulary: 99 words of 27 characters\n"
    )


def test_broken_files_cost_a_line_each_up_to_three_and_exit_3(run, broken_an4):
    ran = run("prepare", "corpus", "an4", broken_an4, "--part", "train")
    assert ran.code == 3
    assert len(ran.stdout.splitlines()) == 943
    lines = ran.stderr.splitlines()
    fash = broken_an4 / "wav/an4_clstk/fash"
    assert lines[0] == (
        f"warning: skipped `an251-fash-b`: unreadable audio "
        f"(`{fash / 'an251-fash-b.opus'}` is not audio that soundfile can read)"
    )
    assert [line.split("`")[1] for line in lines[:3]] == ["an251-fash-b", "an253-fash-b", "an254-fash-b"]
    assert lines[3:] == [
        "an4 train: 943 of 948 utterances · 0.70 h · 74 of 74 speakers",
        "vocabulary: 99 words of 27 characters",
        "rejected: 5 (4 unreadable audio, 1 no audio file)",
    ]


def test_one_broken_file_among_a_thousand_costs_one_warning(run, an4, tmp_path):
    shutil.copytree(an4, tmp_path / "an4")
    recording = tmp_path / "an4/wav/an4_clstk/mmap/an47-mmap-b.opus"
    recording.write_bytes(recording.read_bytes()[:100])
    ran = run("prepare", "corpus", "an4", tmp_path / "an4")
    warnings = [line for line in ran.stderr.splitlines() if line.startswith("warning:")]
    assert ran.code == 3 and len(ran.stdout.splitlines()) == 1077
    assert len(warnings) == 1 and "`an47-mmap-b`: unreadable audio" in warnings[0]


def test_strict_stops_at_the_first_and_writes_no_file(run, broken_an4, tmp_path):
    ran = run("prepare", "corpus", "an4", broken_an4, "--strict", "-o", tmp_path / "out.jsonl")
    assert ran.code == 1
    assert ran.stderr.startswith("error: `an251-fash-b`: unreadable audio (")
    assert ran.stderr.endswith("hint: without --strict it is skipped and counted\n")
    assert not list(tmp_path.glob("*out.jsonl*"))


def test_dry_run_only_counts(run, an4, tmp_path):
    (tmp_path / "kept.jsonl").write_text("what was there")
    ran = run("prepare", "corpus", "an4", an4, "--part", "test", "--dry-run", "-o", tmp_path / "kept.jsonl")
    assert (ran.code, ran.stdout) == (0, "") and "130 of 130 utterances" in ran.stderr
    assert (tmp_path / "kept.jsonl").read_text() == "what was there"


def test_a_list_of_nothing_is_asked_wrongly(run, tmp_path):
    (tmp_path / "empty.jsonl").write_text("")
    ran = run("prepare", "corpus", "nemo", tmp_path / "empty.jsonl")
    assert ran.code == 2 and f"error: `{tmp_path / 'empty.jsonl'}` lists no utterances" in ran.stderr


def test_a_file_holds_what_stdout_would(run, an4, tmp_path):
    ran = run("prepare", "corpus", "an4", an4, "--part", "test")
    assert run("prepare", "corpus", "an4", an4, "--part", "test", "-o", tmp_path / "test.jsonl").stdout == ""
    assert (tmp_path / "test.jsonl").read_text(encoding="utf-8") == ran.stdout


def test_a_file_in_no_folder_says_which_folder_to_make(run, an4, tmp_path):
    ran = run("prepare", "corpus", "an4", an4, "-o", tmp_path / "data" / "test.jsonl")
    assert ran.code == 2 and f"hint: make its folder with: mkdir -p {tmp_path / 'data'}" in ran.stderr


def test_the_number_of_jobs_changes_nothing(run, an4):
    one, nine = (run("prepare", "corpus", "an4", an4, "--part", "test", "--jobs", jobs).stdout for jobs in (1, 9))
    assert one == nine


def test_normalised_texts_are_spoken_and_what_has_no_sound_is_counted(run, an4, tmp_path):
    shutil.copy(an4 / "wav/an4_clstk/fash/an251-fash-b.opus", tmp_path / "a.opus")
    (tmp_path / "a.txt").write_text("Chapter 12: it’s “GOOD” ☃", encoding="utf-8")
    ran = run("prepare", "corpus", "folder", tmp_path, "--normalise", "english")
    assert json.loads(ran.stdout)["text"] == "chapter twelve it's good"
    assert "left out of the text: 4 (2 `\"`, 1 `:`, 1 `☃`)" in ran.stderr


def test_an_empty_transcript_and_a_repeated_id_are_rejected(run, an4, tmp_path):
    audio = an4 / "wav/an4_clstk/fash/an251-fash-b.opus"
    texts = (("a", "yes"), ("b", " "), ("a", "go"))
    rows = [{"id": id, "audio_filepath": str(audio), "text": text} for id, text in texts]
    (tmp_path / "m.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    ran = run("prepare", "corpus", "nemo", tmp_path / "m.jsonl")
    assert ran.code == 3 and [json.loads(line)["text"] for line in ran.stdout.splitlines()] == ["yes"]
    assert "rejected: 2 (1 empty transcript, 1 id seen before)" in ran.stderr


def test_an_unknown_corpus_is_asked_wrongly_and_the_names_are_shown(run, tmp_path):
    ran = run("prepare", "corpus", "an5", tmp_path)
    assert ran.code == 2 and "'librispeech'" in ran.stderr


def test_help_lists_every_corpus_with_its_layout(run):
    from ds2cli.corpora.catalogue import CORPORA

    page = run("prepare", "corpus", "--help").stdout
    assert all(f"\n  {name}" in page and layout in page for name, layout in CORPORA.items())


def test_every_corpus_of_the_table_has_its_module():
    from importlib import import_module

    from ds2cli.corpora.catalogue import CORPORA

    for name in CORPORA:
        module = import_module(f"ds2cli.corpora.{name}")
        assert callable(module.read) and isinstance(module.TOTALS, dict) and module.__doc__


def test_preparing_needs_no_torch_and_help_no_numpy():
    script = (
        "import sys; from ds2cli.cli import main; main(['prepare', 'corpus', '--help']);"
        "assert not {'numpy', 'soundfile', 'ds2cli.corpora.an4'} & set(sys.modules);"
        "main(['prepare', 'corpus', 'nemo', '/dev/null']); assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)


def test_a_reader_that_leaves_early_is_no_error(an4):
    command = f"{sys.executable} -m ds2cli prepare corpus an4 {an4} --part train | head -n 1"
    ran = subprocess.run(command, shell=True, capture_output=True, text=True)
    assert json.loads(ran.stdout)["id"] == "an251-fash-b" and "Traceback" not in ran.stderr
