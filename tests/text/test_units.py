"""Units of any text: what may be one, and that a file of them is read back."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ds2cli.errors import TextError, UsageError
from ds2cli.text.units import on_one_line, parse_units, units_of, write_units


@pytest.mark.parametrize("text", ["yes\n", "yes\r\n", "\tyes ", "yes no\u2028"])
def test_line_breaks_and_tabs_are_spaces_and_become_no_units(text):
    units = units_of([text, "yes no"])
    assert units.names == ("<blank>", " ", "e", "n", "o", "s", "y")
    assert units.decode(units.encode(text)) == " ".join(text.split())
    assert parse_units(write_units(units)) == units


@example([" "])
@given(st.lists(st.text(st.characters(exclude_categories=[])), max_size=5))
def test_the_units_of_any_texts_survive_their_file(texts):
    """Control characters and halves of surrogate pairs among them."""
    units = units_of([*texts, "ab"])
    written = write_units(units).encode()  # UTF-8 takes it
    assert parse_units(written.decode()) == units
    for text in texts:
        unknown = units.unknown(text)
        if unknown:
            with pytest.raises(TextError) as problem:
                units.encode(text)
            assert str(problem.value).isprintable()
        else:
            line = on_one_line(text)
            alone = {units.names[index] for index in units.alone}  # nobody hears the spaces beside these
            sides = zip(["", *line], line, [*line[1:], ""], strict=False)
            heard = [one for before, one, after in sides if one != " " or not {before, after} & alone]
            assert units.decode(units.encode(text)) == "".join(heard)


@pytest.mark.parametrize("name", ["\r", "a\tb", "\x00", "\u2028"])
def test_a_file_of_units_with_control_characters_is_named(name):
    with pytest.raises(UsageError, match="`a file` list `.*`, a control character"):
        parse_units(f"a\n{name}\n", "`a file`")
