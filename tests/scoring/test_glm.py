"""Global mapping files: the rules as NIST writes them, and what is wrong in them by line."""

import pytest

from ds2cli.errors import UsageError
from ds2cli.scoring.glm import read_glm

FILE = """;; spellings
* name "some.glm"
* format = 'NIST1'
* case_sensitive = 'F'
GONNA  =>  GOING TO  / [ ] __ [ ] ;; a comment
[I'LL] =>  [{ I'LL / I WILL }] / [ ] __ [ ]
"uh-huh" => "%bcack" / [ ] __ [ ]
[A B] => [] / [ ] __ [ ]
"""


def read(text: str):
    return read_glm(enumerate(text.splitlines(), 1), "`x.glm`")


@pytest.mark.parametrize(("text", "becomes"), [
    ("we're gonna go", "WE'RE GOING TO GO"),
    ("gonna gonna", "GOING TO GOING TO"),
    ("gonnas", "GONNAS"),
    ("i'll", "{ I'LL / I WILL }"),
    ("uh-huh a b c", "%BCACK C"),
    ("", ""),
])
def test_rules_replace_whole_words(text, becomes):
    assert read(FILE).apply(text) == becomes


def test_a_file_knows_whether_it_offers_choices():
    assert read(FILE).makes_choices
    assert not read("[a] => [b] / [ ] __ [ ]").makes_choices


@pytest.mark.parametrize(("text", "complaint"), [
    ("[a] [b]", "line 1: `\\[a\\] \\[b\\]` is not a rule"),
    (";;\n[] => [b]", "line 2"),
    ("* format = 'NIST2'", "format `NIST2`"),
])
def test_a_line_that_is_no_rule_is_named(text, complaint):
    with pytest.raises(UsageError, match=complaint):
        read(text)


@pytest.mark.parametrize("rule", ["[a]\t=>\t[b]\t/\t[ ]\t__\t[ ]", "\ta => b / [\t] __ [ ]"])
@pytest.mark.parametrize("text", ["x a c", "x\ta\tc", "x\va\fc"])
def test_white_space_of_any_kind_is_a_space(rule, text):
    assert read(rule).apply(text) == "x b c"
