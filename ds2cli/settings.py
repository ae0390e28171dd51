"""Settings in layers: defaults < preset < file < flags, every value with its origin; read from and written as TOML."""

import dataclasses
import difflib
import json
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from ds2cli.config import Config
from ds2cli.errors import ConfigError

Origins = dict[str, str]


@dataclass(frozen=True)
class Layer:
    """Some values and where they come from: {"optimizer.learning_rate": 3e-4}, "preset `tiny`"."""

    values: dict[str, Any]
    origin: str


@cache
def _sections() -> dict[str, type]:
    return get_type_hints(Config)


@cache
def declared() -> dict[str, tuple[Any, str, Any]]:
    """Every setting by dotted name: its type, its meaning, its default."""
    found = {}
    for section, kind in _sections().items():
        hints = get_type_hints(kind, include_extras=True)
        for one in dataclasses.fields(kind):
            annotated = hints[one.name]
            found[f"{section}.{one.name}"] = (annotated.__origin__, annotated.__metadata__[0], one.default)
    return found


def meaning(name: str) -> str:
    """The help text of a setting, for a flag."""
    return declared()[name][1]


def resolve(*layers: Layer) -> tuple[Config, Origins]:
    """Later layers win; every value is checked against its declared type.

    raises  ConfigError naming the setting, its origin and the nearest name that exists
    """
    values = {name: default for name, (_, _, default) in declared().items()}
    origins = dict.fromkeys(values, "default")
    for layer in layers:
        for name, value in layer.values.items():
            if name not in values:
                near = difflib.get_close_matches(name, values, 1)
                hint = f"did you mean `{near[0]}`?" if near else "ds2 train --dry-run lists them all"
                raise ConfigError(f"unknown setting `{name}` in {layer.origin}", hint=hint)
            values[name] = _checked(name, value, layer.origin)
            origins[name] = layer.origin
    return _build(values), origins


def _build(values: dict[str, Any]) -> Config:
    parts = {}
    for section, kind in _sections().items():
        names = [one.name for one in dataclasses.fields(kind)]
        parts[section] = kind(**{name: values[f"{section}.{name}"] for name in names})
    return Config(**parts)


def _checked(name: str, value: Any, origin: str) -> Any:
    wanted = declared()[name][0]
    try:
        return _as_type(value, wanted)
    except (TypeError, ValueError):
        raise ConfigError(
            f"`{name}` in {origin} is `{value}`", hint=f"it takes {_describe(wanted)}: {declared()[name][1]}"
        ) from None


def _as_type(value: Any, wanted: Any) -> Any:
    origin = get_origin(wanted)
    if origin is Literal:
        if value not in get_args(wanted):
            raise ValueError
        return value
    if origin is tuple:
        if not isinstance(value, (list, tuple)):
            raise TypeError
        kinds = get_args(wanted)
        if kinds[-1] is ...:
            kinds = (kinds[0],) * len(value)
        return tuple(_as_type(one, kind) for one, kind in zip(value, kinds, strict=True))
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, wanted) or (isinstance(value, bool) and wanted is not bool):
        raise TypeError
    return value


def _describe(wanted: Any) -> str:
    if get_origin(wanted) is Literal:
        return " | ".join(get_args(wanted))
    if get_origin(wanted) is tuple:
        return "a list like " + json.dumps([1, 2])
    return {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}[wanted]


def preset_names() -> list[str]:
    """The presets that come with ds2."""
    folder = resources.files("ds2cli") / "presets"
    return sorted(path.name.removesuffix(".toml") for path in folder.iterdir() if path.name.endswith(".toml"))


def preset_layer(name: str) -> Layer:
    """A preset by name."""
    if name not in preset_names():
        raise ConfigError(f"no preset `{name}`", hint=f"there are: {', '.join(preset_names())}")
    text = (resources.files("ds2cli") / "presets" / f"{name}.toml").read_text(encoding="utf-8")
    return Layer(_flatten(tomllib.loads(text)), f"preset `{name}`")


def file_layer(path: str | Path) -> Layer:
    """Settings from a TOML file, which may itself begin from a preset: `preset = "small"`."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise ConfigError(f"cannot read `{path}`", hint="--config takes a TOML file") from None
    return text_layer(text, f"`{path}`")


def text_layer(text: str, origin: str) -> Layer:
    """Settings from TOML text."""
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise ConfigError(f"{origin} is not TOML: {problem}") from None
    preset = tree.pop("preset", None)
    below = preset_layer(preset).values if preset else {}
    return Layer({**below, **_flatten(tree)}, origin)


def flag_layer(assignments: list[str]) -> Layer:
    """Settings from `--set section.name=value`; values are TOML, bare words are text."""
    values: dict[str, Any] = {}
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        if not equals or name in values:
            what = "is set twice" if name in values else "has no value"
            raise ConfigError(f"--set `{name}` {what}", hint="--set optimizer.learning_rate=3e-4")
        try:
            values[name] = tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            values[name] = text
    return Layer(values, "flag")


def _flatten(tree: dict[str, Any]) -> dict[str, Any]:
    flat = {}
    for section, content in tree.items():
        if isinstance(content, dict):
            flat.update({f"{section}.{name}": value for name, value in content.items()})
        else:
            flat[section] = content
    return flat


def to_toml(config: Config, origins: Origins | None = None) -> str:
    """The whole experiment as TOML; with origins, each line says where its value comes from."""
    lines = []
    for section in _sections():
        lines.append(f"[{section}]")
        part = getattr(config, section)
        for one in dataclasses.fields(part):
            line = f"{one.name} = {_toml_value(getattr(part, one.name))}"
            lines.append(f"{line:<44}  # {origins[f'{section}.{one.name}']}" if origins else line)
        lines.append("")
    return "\n".join(lines)


def from_toml(text: str, origin: str) -> Config:
    """The experiment that `to_toml` wrote; settings that are missing have their defaults."""
    return resolve(text_layer(text, origin))[0]


def _toml_value(value: Any) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(_toml_value(one) for one in value) + "]"
    return json.dumps(value)
