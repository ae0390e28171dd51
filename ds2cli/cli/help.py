"""How every help page is laid out: options in groups, defaults shown, whole sentences in lists of commands.

Plain text, so that a page needs no rich and answers in a blink. An option's group is the one that lists it here, or the
`rich_help_panel` of its declaration where the same name means something else.
"""

from enum import Enum
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperCommand, TyperGroup

# In the order of a page. A group without names has options that name it themselves.
GROUPS = {
    "Data": "--dev --units",
    "Run": "--run --resume --init",
    "Settings": "--preset --config --set --epochs --lr --batch-seconds --seed",
    "Model": "--model --with --lm --lexicon-file --greedy --letters-are-words --guess --pinyin --spoken --language "
             "--last --vocab --top --prune --order --no-interpolate --threshold --ngrams --decimals --weights "
             "--by-context",
    "Tokens": "--spaces",
    "Input": "--part --channel --id --labels",
    "Compared with": "--against",
    "Text": "--normalise --keep-lines",
    "Files": "--ref-kind --hyp-kind --ref-field --hyp-field --missing",
    "Comparison": "--equivalents --ignore-case --words --align --marks --optional --fragments",
    "Statistics": "--by --bootstrap --cluster",
    "Units": "--separator --bigrams --pieces --characters --min-count",
    "Parts": "",
    "Shards": "--shard-seconds --size --encode",
    "Segments": "--min --target --max --filter --min-confidence --all",
    "Judged segments": "--train --test --recall",
    "Values to try": "--alphas --betas --lm-lookaheads --blank-penalties --internals --folds",
    "Place": "--unit --frame --time",
    "Address": "--host --port --wyoming",
    "Access": "--token --insecure --origin",
    "Limits": "",
    "Output": "--output --format --half --written --names --nbest --unit-times --heard-units --log-probs --good --plot "
              "--kaldi --extract --report --html --html-sound --confusions --worst --alignments --per-utterance "
              "--per-line --json --spans",
    "Limits for scripts": "--max-wer --max-cer",
    "Streaming": "",
    "Beam search": "--alpha --beta --beam --lexicon --hot-word --lm-lookahead --blank-penalty --oov-penalty "
                   "--oov-letter --score-threshold --cutoff-prob --cutoff-top",
    "Second pass": "--rescore --rescore-alpha --rescore-beta --rescore-nbest",
    "Transducers": "--max-labels --internal --search",
    "Logits of another toolkit": "",
    "For another toolkit": "--to",
    "Computing": "--jobs --device --processes --restarts --memory --work --shard --shares --ray",
    "Checks": "--strict --dry-run",
    "Messages": "--quiet --verbose --debug",
    "Shell completion": "--install-completion --show-completion",
    "Help": "--version --help",
}  # fmt: skip
LOGITS, LIVE, TOKENS, PARTS = "Logits of another toolkit", "Streaming", "Tokens", "Parts"
TOOLKIT = "For another toolkit"
GROUP_OF = {flag: group for group, flags in GROUPS.items() for flag in flags.split()}
OURS = {
    "--help": "show this page",
    "--install-completion": "let Tab complete ds2 in this shell",
    "--show-completion": "print the completion script, to install it by hand",
}
METAVARS = {int: "N", float: "X", str: "TEXT"}
WIDEST_TERM = 30


# Python mixes the form into commands and groups; to the type checker every page is a group.
if TYPE_CHECKING:
    Command = TyperGroup
else:
    Command = object


class Page(Command):
    """For a command or a group of commands: its usage line, its options and its commands."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """`[OPTIONS] RUN [INPUT]...`"""
        pieces = ["[OPTIONS]", *(argument_name(one) for one in self.params if is_argument(one))]
        return [*pieces, "COMMAND [ARGS]..."] if isinstance(self, TyperGroup) else pieces

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Arguments, then the options by group, all in the same columns; then the commands."""
        groups: dict[str, list[tuple[str, str]]] = {}
        for one in self.get_params(ctx):
            if not getattr(one, "hidden", False):
                groups.setdefault(group_of(one), []).append((term(one), help_text(one)))
        order = ["Arguments", *GROUPS]
        rows = [row for group in groups.values() for row in group]
        width = max(len(name) for name, _ in rows if len(name) <= WIDEST_TERM)
        for group in sorted(groups, key=order.index):
            with formatter.section(group):
                formatter.write_dl([(name.ljust(width), text) for name, text in groups[group]], col_max=width)
        if isinstance(self, TyperGroup):
            self.format_commands(ctx, formatter)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Each command and its first sentence, whole."""
        found = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl([(name, first_sentence(command)) for name, command in found])


def lay_out(app: typer.Typer) -> None:
    """Every command and group of an app gets pages of this form."""
    for info in app.registered_commands:
        info.cls = _page(info.cls or TyperCommand)
    for group in app.registered_groups:
        if group.typer_instance is not None:
            group.cls = _page(group.typer_instance.info.cls or TyperGroup)
            lay_out(group.typer_instance)


def _page(command: Any) -> Any:
    return type("Page", (Page, command), {})


def is_argument(param: Any) -> bool:
    """Whether a parameter goes by its place."""
    return param.param_type_name == "argument"


def first_sentence(command: Any) -> str:
    """What a list of commands says of one."""
    return command.get_short_help_str(10_000)


def group_of(param: Any) -> str:
    """raises  KeyError where an option is in no group"""
    if is_argument(param):
        return "Arguments"
    return param.rich_help_panel or GROUP_OF[long_name(param)]


def long_name(param: Any) -> str:
    """`--output`, or an argument's name in Python."""
    return next((name for name in param.opts if name.startswith("--")), param.name)


def argument_name(param: Any) -> str:
    """`RUN`, `[INPUT]...`"""
    name = param.metavar if param.required else f"[{param.metavar}]"
    return f"{name}..." if param.nargs != 1 else name


def term(param: Any) -> str:
    """`-o, --output FILE`"""
    if is_argument(param):
        return param.metavar
    names = ", ".join(sorted(param.opts, key=lambda name: (name.startswith("--"), param.opts.index(name))))
    return names if param.is_flag else f"{names} {value_name(param)}"


def value_name(param: Any) -> str:
    """What stands for an option's value: the metavar it declares, its choices, or a letter for its type."""
    kind = param.type_descriptor
    if param.metavar:
        return param.metavar
    if kind.is_choice:
        return "|".join(map(as_typed, kind.choices))
    return "FILE" if kind.is_path else METAVARS[kind.annotation]


def help_text(param: Any) -> str:
    """The help, and in brackets what else is to be known: the default, the bounds, the environment's name."""
    notes = ["required"] * bool(param.required) + ["repeatable"] * bool(getattr(param, "multiple", False))
    default = param.show_default if isinstance(param.show_default, str) else default_of(param)
    notes += [f"default: {default}"] * bool(default)
    if None not in (param.min, param.max):
        notes.append(f"{param.min:g} to {param.max:g}")
    notes += [f"env: {param.envvar}"] * bool(param.envvar)
    text = OURS.get(long_name(param), param.help or "")
    return f"{text}  [{'; '.join(notes)}]" if notes else text


def default_of(param: Any) -> str:
    """The default as a person would type it; nothing where an option is off or absent by default."""
    value = param.default
    return "" if value is None or value is False or value == "" or callable(value) else as_typed(value)


def as_typed(value: Any) -> str:
    """A value as a person would type it: 20 for 20.0."""
    value = value.value if isinstance(value, Enum) else value
    return f"{value:g}" if isinstance(value, float) else str(value)
