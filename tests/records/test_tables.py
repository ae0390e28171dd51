"""Rows come apart as their writers put them together; what has another shape is named, and costs no other row."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ds2cli.errors import ManifestError
from ds2cli.records.tables import read_rows, read_table

cell = st.text(alphabet='ab,"\n é\t', max_size=6)


@given(rows=st.lists(st.lists(cell, min_size=3, max_size=3), min_size=1, max_size=6))
def test_what_pythons_own_writer_writes_reads_back(rows):
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerows(rows)
    assert [cells for _, cells in read_rows(enumerate(file.getvalue().split("\n"), 1), "x")] == rows


@given(rows=st.lists(st.lists(st.text('ab,"\'é', min_size=1, max_size=6), min_size=2, max_size=2), min_size=1))
@pytest.mark.parametrize("delimiter", ["\t", "|"])
def test_tabs_and_bars_part_cells_whatever_quotes_they_hold(rows, delimiter):
    lines = [(number, delimiter.join(cells)) for number, cells in enumerate(rows, 1)]
    assert [cells for _, cells in read_rows(lines, "x", delimiter)] == rows


@given(text=st.text(alphabet='a,"\n', max_size=60))
def test_whatever_the_text_every_line_is_in_a_row_or_told_of(text):
    lines = list(enumerate(text.split("\n"), 1))
    told = []
    rows = list(read_rows(lines, "x", ",", told.append))
    first = {number for number, _ in rows} | {int(str(one).split("line ")[1].split(":")[0]) for one in told}
    inside = {number + more for number, cells in rows for more in range("\n".join(cells).count("\n") + 1)}
    assert {number for number, line in lines if line.strip()} <= first | inside
    assert len({len(cells) for _, cells in rows}) <= 1


def test_a_row_knows_its_line():
    lines = list(enumerate(["id,text", "", '1,"a', "", 'b"', "2,c"], 1))
    assert list(read_table(lines, "x")) == [(3, {"id": "1", "text": "a\n\nb"}), (6, {"id": "2", "text": "c"})]


def test_a_forgotten_quote_costs_its_line_and_no_time():
    lines = [(1, "a,b"), (2, '1,"open'), *((number, f"{number},x") for number in range(3, 20_000))]
    told = []
    assert len(list(read_rows(lines, "x", ",", told.append))) == 19_998
    assert [str(one) for one in told] == ["x, line 2: a quote that is never closed"]


@pytest.mark.parametrize("lines, what", [(["a,a"], "line 1: two columns `a`"), ([], "line 1: no header"),
                                         (["a,b", "1"], "line 2: 1 cells, but the header has 2")])
def test_what_is_no_table_is_named(lines, what):
    with pytest.raises(ManifestError, match=what):
        list(read_table(enumerate(lines, 1), "x"))
