"""What each command loads: an answer in a blink needs no torch. Modules are held, not seconds."""

import subprocess
import sys

import pytest


def modules_after(*arguments: str, code: str = "") -> set[str]:
    """The packages loaded after `ds2 ARGUMENTS`, or after some code."""
    code = code or f"from ds2cli.cli import main\nmain({list(arguments)!r})"
    script = f"{code}\nimport sys\nprint('loaded', *sorted({{name.split('.')[0] for name in sys.modules}}))"
    ran = subprocess.run([sys.executable, "-c", script], input="", capture_output=True, text=True, check=True)
    return set(ran.stdout.splitlines()[-1].split())


@pytest.mark.parametrize("arguments", [
    ("--help",), ("--version",), ("train", "--help"), ("prepare", "--help"), ("prepare", "corpus", "--help"),
    ("score", "--help"), ("lm", "--help"), ("decode", "--help"), ("nonsense",),
], ids=" ".join)  # fmt: skip
def test_help_and_mistakes_load_nothing_heavy(arguments):
    assert not modules_after(*arguments) & {"torch", "numpy", "numba", "kenlm", "soundfile", "matplotlib", "rich"}


@pytest.mark.parametrize("arguments", [
    ("prepare", "corpus", "an4", "nowhere"), ("prepare", "units", "nowhere.jsonl"),
    ("prepare", "check", "nowhere.jsonl"), ("score", "nowhere.jsonl"), ("lm", "build", "nowhere.txt"),
], ids=" ".join)  # fmt: skip
def test_commands_that_need_no_network_load_no_torch(arguments):
    assert "torch" not in modules_after(*arguments)


def test_scoring_loads_numpy_alone(tmp_path):
    records = tmp_path / "x.jsonl"
    records.write_text('{"text": "a b", "pred_text": "a c"}\n')
    loaded = modules_after("score", str(records))
    assert "numpy" in loaded
    assert not loaded & {"torch", "kenlm", "matplotlib", "numba", "soundfile"}


@pytest.mark.parametrize("name", [
    "prepare.corpus", "prepare.check", "prepare.units", "prepare.split", "prepare.shard", "score.score", "lm.text",
])  # fmt: skip
def test_workflows_without_a_network_load_no_torch(name):
    assert "torch" not in modules_after(code=f"import ds2cli.workflows.{name}")


def test_completion_of_presets_loads_no_torch():
    loaded = modules_after(code="from ds2cli.cli.train import _complete_preset\nassert 'tiny' in _complete_preset('t')")
    assert not loaded & {"torch", "numpy"}
