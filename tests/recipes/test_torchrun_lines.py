"""The lines for torchrun that our pages print reach `ds2 train`: torchrun takes no flag of ours for one of its own."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PAGES = [page for page in (ROOT / "README.md", *ROOT.glob("docs/*.md"), *ROOT.glob("recipes/*/README.md"))
         if "torchrun --" in page.read_text(encoding="utf-8")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.parent.name}-{page.stem}")
def test_torchrun_lines_hand_our_flags_over(page):
    from torch.distributed.run import parse_args

    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    lines = re.findall(r"torchrun (--[^`\n]*ds2cli train[^`\n]*)", text)
    assert lines
    for line in lines:
        words = [word for word in line.split() if word != "..."] + ["--run", "runs/a"]
        asked = parse_args(words)
        assert asked.module and asked.training_script == "ds2cli"
        assert asked.training_script_args[0] == "train" and asked.training_script_args[-2:] == ["--run", "runs/a"]
