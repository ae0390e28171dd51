"""Every help page, as people read it."""

import pytest

COMMANDS = [
    (), ("prepare",), ("prepare", "corpus"), ("prepare", "check"), ("prepare", "units"),
    ("prepare", "lexicon"), ("prepare", "pronounce"), ("prepare", "pseudo-labels"),
    ("prepare", "split"), ("prepare", "shard"), ("prepare", "segment"), ("prepare", "filter"),
    ("train",), ("decode",), ("serve",), ("tune",), ("align",), ("join",), ("average",), ("export",),
    ("import",), ("score",),
    ("lm",), ("lm", "build"), ("lm", "count"), ("lm", "info"), ("lm", "score"), ("lm", "prune"),
    ("lm", "mix"), ("lm", "text"),
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


@pytest.fixture(scope="module")
def commands():
    """Every command and group by its words."""
    from typer.main import get_command

    from ds2cli.cli import app

    def below(group, above=()):
        for name, command in group.commands.items():
            yield (*above, name), command
            if hasattr(command, "commands"):
                yield from below(command, (*above, name))

    root = get_command(app)
    return {(): root, **dict(below(root))}


@pytest.fixture(scope="module")
def options(commands):
    """(command, option) of all commands, --help among them."""
    found = []
    for words, command in commands.items():
        context = command.make_context("ds2", [], resilient_parsing=True)
        found += [(words, one) for one in command.get_params(context) if one.param_type_name == "option"]
    return found


def test_every_command_has_a_page(commands):
    assert set(commands) == set(COMMANDS)


def test_every_option_is_in_a_group_and_every_group_has_options(options):
    from ds2cli.cli.help import GROUPS, group_of

    assert {group_of(one) for _, one in options} == set(GROUPS)


def test_every_option_says_in_a_fragment_what_it_does(options):
    """Small letters first, unless a name or a symbol; no full stop; the default has its place behind it."""
    from ds2cli.cli.help import help_text

    for words, one in options:
        text = help_text(one).partition("  [")[0]
        assert text and not text.endswith((".", ";", ":")), (words, one.opts, text)
        assert text[0].islower() or not text[:2].istitle(), (words, one.opts, text)
        assert "default:" not in text, (words, one.opts, text)


def test_every_command_and_argument_says_what_it_is(commands):
    from ds2cli.cli.help import first_sentence, is_argument

    for words, command in commands.items():
        assert first_sentence(command).endswith(".") and first_sentence(command)[0].isupper(), words
        for one in filter(is_argument, command.params):
            assert one.help and one.metavar.isupper(), (words, one.name)


def test_lists_of_commands_cut_no_sentence(run):
    for group in ((), ("prepare",), ("lm",), ("plot",)):
        listed = run(*group, "--help").stdout.partition("\nCommands:\n")[2]
        assert listed and "..." not in listed


def test_short_options_mean_one_thing_each(options):
    short = {}
    for _, one in options:
        name, *others = sorted(one.opts, key=len)
        if others:
            short.setdefault(name, set()).update(others)
    assert short.pop("--gpus") == {"--processes"}
    assert short == {"-f": {"--format"}, "-o": {"--output"}, "-n": {"--order"}, "-h": {"--help"},
                     "-q": {"--quiet"}, "-v": {"--verbose"}}  # fmt: skip


def test_the_same_option_is_short_everywhere(options):
    for long in ("--format", "--output"):
        assert all("-" + long[2] in one.opts for _, one in options if long in one.opts)


def test_options_of_many_commands_have_one_default(options):
    for name in ("--jobs", "--device", "--channel", "--shard", "--shares"):
        assert len({(one.default, one.show_default, one.help) for _, one in options if name in one.opts}) == 1, name
