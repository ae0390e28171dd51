"""The page of all settings, from the dataclasses that declare them."""

import dataclasses
from math import inf
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from ds2cli.alignment.settings import CutSettings
from ds2cli.config import Config
from ds2cli.declarations import Contradiction, Setting, declared, toml_value
from ds2cli.decoding.settings import DecodingConfig, EndpointConfig
from ds2cli.serving.settings import Limits

PRESETS = Path(__file__).resolve().parents[2] / "ds2cli" / "presets"

HEAD = """# Settings

Settings are declared in the code, each with its type, meaning, bounds and default; this page is generated from them.

Settings come from the defaults, the preset, `--config FILE` and the flags; later ones override
earlier ones. In a file they
are TOML:

```toml
[train]
epochs = 30
```

On the command line they are `--set train.epochs=30`. `ds2 train --dry-run` prints them all with their origins.
"""


def settings_page() -> str:
    """All sections of an experiment, its presets, and the settings of decoding, segmenting and serving."""
    parts = [HEAD, "## Training\n"]
    for field in dataclasses.fields(Config):
        names = {name: one for name, one in declared(Config).items() if name.startswith(field.name + ".")}
        parts += [f"### {field.name}\n", (field.default_factory.__doc__ or "") + "\n", _table(names)]
    parts += ["### What does not go together\n", *map(_contradiction, Config.contradictions), "\n### Presets\n"]
    for path in sorted(PRESETS.glob("*.toml")):
        parts.append(f"`--preset {path.stem}`\n\n```toml\n{path.read_text(encoding='utf-8').strip()}\n```\n")
    for title, whose, kind in (
        ("Decoding", "Flags of `ds2 decode`, and lines of a run's `decoding.toml`.", DecodingConfig),
        ("Streaming", "Flags of `ds2 decode --stream` (`nothing` has none).", EndpointConfig),
        ("Segmenting", "Flags of `ds2 prepare segment`.", CutSettings),
        ("Serving", "Flags of `ds2 serve`.", Limits),
    ):
        parts += [f"## {title}\n", f"{whose} {_first(kind)}", _table(declared(kind))]
    return "\n".join(parts)


def _first(kind: Any) -> str:
    """The first line of a docstring, where bars and the like stand for themselves."""
    return _cell((kind.__doc__ or "").strip().splitlines()[0]) + "\n"


def _contradiction(one: Contradiction) -> str:
    return f"- {', '.join(f'`{name}`' for name in one.names)}: {_cell(one.what)} ({_cell(one.hint)})"


def _table(settings: dict[str, Setting]) -> str:
    lines = ["| setting and default | meaning and values |", "|---|---|"]
    for name, one in settings.items():
        default = toml_value(one.default).replace("|", "\\|")
        lines.append(f"| `{name}`<br>`{default}` | {_cell(one.meaning)}<br>{_values(one)} |")
    return "\n".join(lines) + "\n"


def _values(one: Setting) -> str:
    """The choices or the range."""
    if get_origin(one.kind) is Literal:
        return ", ".join(f"`{choice}`" for choice in get_args(one.kind))
    if one.kind is bool:
        return "`true`, `false`"
    if one.kind is str:
        return "text"
    low, high = one.bounds or (-inf, inf)
    ends = [f"from {low:.10g}"] * (low > -inf) + [f"to {high:.10g}"] * (high < inf)
    kind = {int: "whole number", float: "number", dict: "by name"}.get(get_origin(one.kind) or one.kind, "list")
    return " ".join([kind, *ends])


def _cell(text: str) -> str:
    for mark in "\\*_<>[]|":
        text = text.replace(mark, "\\" + mark)
    return text
