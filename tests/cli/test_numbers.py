"""Several numbers after one flag."""

import pytest

from ds2cli.cli.numbers import gather_numbers
from ds2cli.errors import Exit


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (["run", "--a", "0.5", "-1", "+2", "1e-3", ".5"], ["--a", "0.5 -1 +2 1e-3 .5", "run"]),
        (["--a", "0", "1", "run", "3"], ["--a", "0 1", "run", "3"]),  # a number behind another word is not the flag's
        (["--a", "0", "--lm", "x", "--a", "1"], ["--a", "0 1", "--lm", "x"]),
        (["--a=0", "1", "--b", "2"], ["--a", "0 1", "--b", "2"]),
        (["--a", "0 0.5,1", "2", "run"], ["--a", "0 0.5,1 2", "run"]),
        (["--a", "many", "run"], ["--a", "many", "run"]),  # which is an error, and says so
        (["run", "--a"], ["run", "--a"]),
        (["--lm", "--", "7"], ["--lm", "--", "7"]),
        ([], []),
    ],
)
def test_numbers_belong_to_the_flag_before_them(written, read):
    assert gather_numbers(written, ("--a", "--b")) == read


@pytest.mark.parametrize(
    "command",
    [
        ["tune", "run", "dev.npz", "--lm", "a.arpa", "--betas", "a lot"],
        ["lm", "build", "text", "-o", "out.arpa", "--prune", "few"],
        ["lm", "mix", "a.arpa", "b.arpa", "-o", "out.arpa", "--weights", "half"],
    ],
)
def test_words_in_their_place_are_an_error_with_an_example(run, command):
    ran = run(*command)
    assert ran.code == Exit.USAGE
    assert f"`{' '.join(command[-2:])}` are not numbers" in ran.stderr
    assert f"hint: for example: {command[-2]}" in ran.stderr
