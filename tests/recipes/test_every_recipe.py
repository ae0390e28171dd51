"""What all recipes share: scripts that bash can read, settings that build a network."""

import subprocess
from pathlib import Path

import pytest

from ds2cli.records.jsonl import to_line

RECIPES = Path(__file__).resolve().parents[2] / "recipes"
SCRIPTS = sorted(RECIPES.glob("*/*.sh"))
# First weights are orthogonal, which takes a large network half a minute.
SETTINGS = [
    pytest.param(path, marks=pytest.mark.slow) if path.parent.name == "librispeech" else path
    for path in sorted(RECIPES.glob("*/*.toml"))
]


def named(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


@pytest.mark.parametrize("script", SCRIPTS, ids=named)
def test_bash_can_read_the_script_and_anyone_may_run_it(script):
    assert subprocess.run(["bash", "-n", script], capture_output=True).returncode == 0
    assert script.stat().st_mode & 0o111


@pytest.mark.parametrize("settings", SETTINGS, ids=named)
def test_the_settings_build_a_network(settings, run, tmp_path, an4_utterances):
    manifest = tmp_path / "train.jsonl"
    manifest.write_text("".join(to_line({**one.record, "id": one.id}) + "\n" for one in an4_utterances(8)))
    ran = run("train", manifest, "--config", settings, "--dry-run")
    assert ran.code == 0, ran.stderr
    assert "M parameters" in ran.stderr
