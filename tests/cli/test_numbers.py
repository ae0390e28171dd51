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
        ["lm", "mix", "a.arpa", "b.arpa", "-o", "out.arpa", "--weights", "nan"],
        ["tune", "run", "dev.npz", "--lm", "a.arpa", "--betas", "inf"],
    ],
)
def test_words_in_their_place_are_an_error_with_an_example(run, command):
    ran = run(*command)
    assert ran.code == Exit.USAGE
    assert f"`{' '.join(command[-2:])}` are not numbers" in ran.stderr
    assert f"hint: for example: {command[-2]}" in ran.stderr


@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
@pytest.mark.parametrize(
    "command",
    [
        ["decode", "english", "x.wav", "--alpha"],
        ["decode", "english", "x.wav", "--oov-letter"],
        ["score", "x.jsonl", "--max-wer"],
        ["prepare", "segment", "x.wav", "x.txt", "--min"],
    ],
)
def test_no_command_takes_what_is_no_number_for_one(run, command, value):
    ran = run(*command[:-1], f"{command[-1]}={value}")
    assert ran.code == Exit.USAGE and ran.stdout == ""
    assert f"`{command[-1]} {value}`" in ran.stderr and "use a finite number" in ran.stderr


def test_bounds_do_not_let_infinity_through(run):
    ran = run("lm", "prune", "a.arpa", "-o", "b.arpa", "--threshold", "inf")
    assert ran.code == Exit.USAGE and "`--threshold inf`" in ran.stderr


def test_every_command_looks_at_its_numbers():
    """One validator for all: a command that is added later has it too."""
    import typer

    from ds2cli.cli import app

    def commands(group):
        for command in group.commands.values():
            yield from commands(command) if hasattr(command, "commands") else [command]

    for command in commands(typer.main.get_command(app)):
        assert "Finite" in {kind.__name__ for kind in type(command).__mro__}


@pytest.mark.parametrize("boost", ["nan", "inf", "-inf"])
def test_a_hot_words_boost_is_a_number(run, boost):
    ran = run("decode", "english", "x.wav", "--hot-word", f"penguin={boost}")
    assert ran.code == Exit.USAGE and "--hot-word" in ran.stderr
