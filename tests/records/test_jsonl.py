"""What goes out as JSON comes back, in any JSON reader; what comes in as something else is named by its line."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ds2cli.errors import ManifestError
from ds2cli.records.jsonl import read_records, to_line

any_text = st.text(alphabet=st.characters(codec=None), max_size=8)
numbers = st.floats() | st.integers() | st.none() | st.booleans()
values = st.recursive(numbers | any_text, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(any_text, inner,
                                                                                                     max_size=3))


def strict(constant):
    raise AssertionError(f"{constant} is not JSON")


@given(record=st.dictionaries(any_text, values, max_size=4))
def test_every_record_goes_through_utf8_and_a_strict_reader(record):
    line = to_line(record)
    assert "\n" not in line
    assert json.loads(line.encode("utf-8"), parse_constant=strict) == finite(record)


def finite(value):
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {name: finite(one) for name, one in value.items()}
    return [finite(one) for one in value] if isinstance(value, list) else value


BAD = ["{", "[1]", "null", "[" * 5000, "{" + '"a": {' * 500 + "}" * 501, '{"a": ' + "1" * 5000 + "}", "\ufeff", "{}{}"]


@pytest.mark.parametrize("line", BAD)
def test_what_is_no_record_is_named_by_file_and_line(tmp_path, line):
    path = tmp_path / "a.jsonl"
    path.write_text('{"a": 1}\n\n' + line + '\n{"b": 2}\n', encoding="utf-8")
    with pytest.raises(ManifestError, match="a.jsonl`, line 3: not "):
        list(read_records(path))
    told = []
    assert list(read_records(path, reject=told.append)) == [(1, {"a": 1}), (4, {"b": 2})]
    assert len(told) == 1


def test_a_list_of_a_thousand_words_is_not_deep():
    line = to_line({"words": [{"word": "a", "start": 0.1}] * 1000})
    assert len(list(read_records([line]))) == 1
