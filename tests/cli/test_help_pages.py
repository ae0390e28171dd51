"""Every help page, as people read it."""

import pytest

COMMANDS = [
    (), ("prepare",), ("prepare", "corpus"), ("prepare", "check"), ("prepare", "units"),
    ("prepare", "lexicon"), ("prepare", "pronounce"),
    ("prepare", "split"), ("prepare", "shard"), ("prepare", "segment"), ("prepare", "filter"),
    ("train",), ("decode",), ("serve",), ("tune",), ("align",), ("join",), ("average",), ("export",),
    ("import",), ("score",),
    ("lm",), ("lm", "build"), ("lm", "info"), ("lm", "score"), ("lm", "prune"), ("lm", "mix"), ("lm", "text"),
    ("plot",), ("plot", "curve"), ("plot", "utterance"), ("plot", "sensitivity"), ("doctor",),
]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(command) or "ds2")
def test_help_is_what_it_was(run, golden, monkeypatch, command):
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("TERM", "dumb")
    ran = run(*command, "--help")
    assert ran.code == 0 and not ran.stderr
    assert "exit codes: 0 done" in ran.stdout
    golden(f"help/{'-'.join(command) or 'ds2'}.txt", ran.stdout)


def test_every_command_has_a_page():
    from typer.main import get_command

    from ds2cli.cli import app

    def names(group, above=()):
        for name, command in group.commands.items():
            yield (*above, name)
            if hasattr(command, "commands"):
                yield from names(command, (*above, name))

    assert set(names(get_command(app))) <= set(COMMANDS)
