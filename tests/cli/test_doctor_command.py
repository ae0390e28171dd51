"""`ds2 doctor` tries what it reports."""

import json
import re
import tomllib
from pathlib import Path

import pytest

from ds2cli.audio import files
from ds2cli.errors import AudioError
from ds2cli.workflows import doctor


def test_everything_essential_works_where_the_tests_run(run):
    ran = run("doctor")
    assert ran.code == 0
    for name in ("torch", "libsndfile", "opus", "compiled kernels", "cache"):
        assert f"\n  {name} " in ran.stdout


def test_json_is_one_object_with_every_finding(run):
    ran = run("doctor", "--json")
    report = json.loads(ran.stdout)
    assert report["ok"] and ran.stdout.count("\n") == 1
    assert {finding["section"] for finding in report["findings"]} >= {"system", "packages", "devices", "audio", "disk"}


def test_a_broken_essential_is_named_and_exits_1(run, monkeypatch):
    def broken(path, *_):
        raise AudioError(f"cannot write `{path}`")

    monkeypatch.setattr(files, "write_audio", broken)
    ran = run("doctor")
    assert ran.code == 1
    assert "FAILED  AudioError: cannot write" in ran.stdout and "(not ok)  AudioError" in ran.stdout
    assert ran.stderr.startswith("error: something essential does not work\nhint: ")


def test_sound_that_comes_back_changed_is_a_failure(monkeypatch):
    read = files.read_audio
    monkeypatch.setattr(files, "read_audio", lambda *arguments: 0.5 * read(*arguments))
    findings = {finding.name: finding for finding in doctor._audio()}
    assert not findings["wav"].ok and "0.50 times as loud" in findings["wav"].value


@pytest.mark.parametrize("missing", ["lhotse", "torch"])
def test_a_missing_package_is_fatal_only_where_it_is_essential(monkeypatch, missing):
    def version(name):
        if name == missing:
            raise doctor.metadata.PackageNotFoundError(name)
        return "1.0"

    monkeypatch.setattr(doctor.metadata, "version", version)
    findings = list(doctor._packages())
    assert doctor.is_fit(findings) == (missing == "lhotse")
    cure = "pip install torch" if missing == "torch" else "pip install 'ds2cli[lhotse]'"
    assert any(cure in finding.value for finding in findings)


def test_optional_packages_come_by_their_extras():
    """As pyproject.toml has them: what doctor says to install is there to be installed."""
    settings = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    extras = settings["project"]["optional-dependencies"]
    for package, extra in doctor.OPTIONAL.items():
        assert any(re.match(rf"{package}\b", wanted) for wanted in extras[extra]), package
