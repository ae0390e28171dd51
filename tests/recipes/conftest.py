"""Recipes run as people run them: their script, with ds2 on the PATH."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

RECIPES = Path(__file__).resolve().parents[2] / "recipes"


@pytest.fixture
def recipe():
    """`recipe("an4", "quick", DS2_WORK=tmp_path)`: what recipes/an4/run.sh did."""

    def run_script(name: str, *arguments: str, **environment: object) -> subprocess.CompletedProcess:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        more = {variable: str(value) for variable, value in environment.items()}
        return subprocess.run(
            [RECIPES / name / "run.sh", *arguments],
            env={**os.environ, "PATH": path, **more}, capture_output=True, text=True,
        )  # fmt: skip

    return run_script
