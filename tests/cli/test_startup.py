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


DECODED = """
import sys
from ds2cli.cli import main
main(["decode", "nowhere.wav"])
import torch
assert "torch._meta_registrations" not in sys.modules or not torch.__version__.startswith("2.13.")
print(torch.nn.Linear(4, 2)(torch.ones(3, 4)).shape, torch.nn.Linear(4, 2, device="meta").weight.shape)
"""
EXPORTED = """
class Twice(torch.nn.Module):
    def forward(self, x):
        return torch.linalg.qr(x)[1].abs().sum() * 2
exported = torch.export.export(Twice(), (torch.eye(3),))
print(float(exported.module()(torch.eye(3))))
"""


@pytest.mark.parametrize("first", ["", "import torch._meta_registrations", "import torch._prims"])
def test_decoding_leaves_out_what_only_compilers_need_until_somebody_asks_for_it(first):
    ran = subprocess.run([sys.executable, "-c", DECODED + first + EXPORTED], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines() == ["torch.Size([3, 2]) torch.Size([2, 4])", "6.0"]


def test_a_version_of_torch_that_nobody_has_tried_is_imported_whole():
    code = "from ds2cli.cli import torch_import as one; one.TRIED = set(); one.import_torch_for_decoding()"
    assert "torch" not in modules_after(code=code)
