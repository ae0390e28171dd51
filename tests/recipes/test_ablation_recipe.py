"""The ablation's variants are what its tables say, and its pipe runs."""

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "recipes" / "ablation"))

from plan import print_plan  # noqa: E402
from table import as_markdown  # noqa: E402
from variants import FINDINGS, VARIANTS, needed_by, settings_of, training_part, write  # noqa: E402

from ds2cli.audio.features import n_bins  # noqa: E402
from ds2cli.model.network import Network  # noqa: E402
from ds2cli.records.jsonl import to_line  # noqa: E402
from ds2cli.settings import file_layer, resolve  # noqa: E402


@pytest.fixture
def data(tmp_path, an4_utterances) -> Path:
    lines = [to_line({**one.record, "id": one.id}) + "\n" for one in an4_utterances(40)]
    (tmp_path / "train.jsonl").write_text("".join(lines))
    return tmp_path


@pytest.mark.parametrize("name", VARIANTS)
def test_a_variants_settings_resolve_and_build_a_network(name):
    config, origins = settings_of(name, epochs=10)
    assert Network(config.model, n_bins(config.features), 29).output.weight.shape == (29, config.model.rnn_size)
    assert all(origins[changed] == f"variant {name}" for changed in VARIANTS[name])
    quick, _ = settings_of(name, epochs=1, quick=True)
    assert quick.model.rnn_size == 24


def test_every_variant_is_in_a_table_and_every_cell_has_a_number_of_the_paper():
    assert set(needed_by([])) == set(VARIANTS)
    for finding in FINDINGS.values():
        for _, variants, paper in finding.rows:
            assert len(variants) == len(paper) == len(finding.columns)


def test_no_two_variants_are_the_same_experiment():
    described = [repr(settings_of(name, 10)[0]) + name * name.startswith("part-") for name in VARIANTS]
    assert len(set(described)) == len(VARIANTS)


@pytest.mark.parametrize("share", [10, 20, 50])
def test_a_part_is_its_share_of_the_utterances_spread_evenly(share):
    part = training_part(f"part-{share}", list(range(200)))
    assert len(part) == 2 * share
    assert max(after - before for before, after in zip(part, part[1:], strict=False)) == 100 // share


def test_what_is_written_is_what_training_reads(data):
    write(data, data, ["part-50", "conv-1d-2"], epochs=8, quick=False)
    for name, count in (("part-50", 20), ("conv-1d-2", 40)):
        assert resolve(file_layer(data / name / "variant.toml"))[0] == settings_of(name, 8)[0]
        assert len((data / name / "train.jsonl").read_text().splitlines()) == count


def test_the_plan_has_a_line_for_each_variant_and_their_sum(data, capsys):
    for device in ("cpu", "cuda"):
        print_plan(["rnn-1", "conv-2d-3"], data, epochs=10, device=device, quick=False)
        *lines, last = capsys.readouterr().out.splitlines()
        assert [line.split()[0] for line in lines] == ["rnn-1", "conv-2d-3"]
        assert last.startswith("all 2") and "estimate" in last


def test_the_table_shows_what_is_done_beside_the_paper(tmp_path):
    (tmp_path / "rnn-1").mkdir()
    (tmp_path / "rnn-1" / "score.json").write_text(json.dumps({"wer": 50.126}))
    lines = as_markdown(FINDINGS["norm"], tmp_path).splitlines()
    assert lines[2] == "|  | without | without, paper | with | with, paper |"
    assert lines[4] == "| 1 | - | 13.55 | 50.13 | 14.40 |"


def test_an_unknown_finding_is_named(recipe, tmp_path):
    ran = recipe("ablation", "depth", DS2_WORK=tmp_path, DATA=tmp_path, DEVICE="cpu")
    assert ran.returncode != 0
    assert "no finding `depth`; there are: norm, gru" in ran.stderr


@pytest.mark.slow
def test_the_quick_ablation_trains_scores_and_does_nothing_twice(recipe, tmp_path):
    first = recipe("ablation", "--quick", "lookahead", DS2_WORK=tmp_path, DEVICE="cpu")
    assert first.returncode == 0, first.stderr[-2000:]
    assert first.stdout.count("within 5 % of bidirectional") == 1
    again = recipe("ablation", "--quick", "lookahead", DS2_WORK=tmp_path, DEVICE="cpu")
    assert again.stdout == first.stdout
    assert "==" not in again.stderr
