"""Models come back from their files as they went; half a file is never left."""

import gzip

import kenlm
import numpy as np
import pytest
from arpa_models import random_tables
from model_checks import as_dicts, build, novels

from ds2cli.errors import Ds2Error, UsageError
from ds2cli.language import model_file
from ds2cli.language.arpa import read_arpa
from ds2cli.language.model_file import check_model_path, write_model


@pytest.mark.parametrize("name", ["m.arpa", "m.arpa.gz"])
@pytest.mark.parametrize("order", [1, 2, 4])
def test_arpa_reads_back_bit_for_bit(tmp_path, name, order):
    tables = random_tables(["ja", "nein", "über", "多"], order, seed=order)
    write_model(tables, tmp_path / name)
    assert as_dicts(read_arpa(tmp_path / name)) == as_dicts(tables)


def test_kenlm_scores_arpa_and_binary_the_same_word_by_word(tmp_path):
    lines = novels()
    tables = build(lines[:500], 4, (0, 0, 1))
    write_model(tables, tmp_path / "m.arpa")
    write_model(tables, tmp_path / "m.bin")
    text, binary = (kenlm.Model(str(tmp_path / name)) for name in ("m.arpa", "m.bin"))
    for line in lines[500:600]:
        assert list(text.full_scores(line)) == list(binary.full_scores(line))


def test_the_same_model_is_the_same_compressed_file(tmp_path):
    tables = build(novels()[:20], 2)
    for name in ("a.arpa.gz", "b.arpa.gz"):
        write_model(tables, tmp_path / name)
    assert (tmp_path / "a.arpa.gz").read_bytes() == (tmp_path / "b.arpa.gz").read_bytes()
    gzip.decompress((tmp_path / "a.arpa.gz").read_bytes())


def test_small_and_round_numbers_are_written_shortest(tmp_path):
    tables = random_tables(["a"], 1, seed=0)
    tables.log10_probs[0][:] = np.array([-1e-7, 0, -0.5, -1.3892846], np.float32)
    write_model(tables, tmp_path / "m.arpa")
    lines = (tmp_path / "m.arpa").read_text().splitlines()[4:8]
    assert lines == ["-1e-07\t<unk>", "0\t<s>", "-0.5\t</s>", "-1.3892846\ta"]


@pytest.mark.parametrize("name", ["m.arpa", "m.arpa.gz", "m.bin"])
@pytest.mark.parametrize("problem, shown", [(OSError(28, "No space left on device"), Ds2Error),
                                            (KeyboardInterrupt(), KeyboardInterrupt)])
def test_a_full_disk_or_a_stop_leaves_the_old_file_and_no_other(tmp_path, monkeypatch, name, problem, shown):
    (tmp_path / name).write_text("old")

    def fail(*_):
        raise problem

    monkeypatch.setattr(model_file, "write_arpa", fail)
    monkeypatch.setattr(model_file, "to_probing", fail)
    with pytest.raises(shown):
        write_model(random_tables(["a"], 2, seed=0), tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == [name] and (tmp_path / name).read_text() == "old"


@pytest.mark.parametrize("name, what", [("m.txt", "ends in"), ("none/m.arpa", "no such folder")])
def test_a_path_that_cannot_be_is_refused_before_any_work(tmp_path, name, what):
    with pytest.raises(UsageError, match=what):
        check_model_path(tmp_path / name)
