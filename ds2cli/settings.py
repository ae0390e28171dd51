"""Settings in layers: defaults < preset < file < flags, every value with its origin; read from and written as TOML."""

import dataclasses
import difflib
import json
import math
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args, get_origin, get_type_hints

from ds2cli.config import Config
from ds2cli.errors import ConfigError

Origins = dict[str, str]


@dataclass(frozen=True)
class Layer:
    """Some values and where they come from: {"optimizer.learning_rate": 3e-4}, "preset `tiny`"."""

    values: dict[str, Any]
    origin: str


class Setting(NamedTuple):
    """What is declared of a setting; bounds are the least and the greatest number, where it holds numbers."""

    kind: Any
    meaning: str
    default: Any
    bounds: tuple[float, float] | None


@cache
def _sections() -> dict[str, type]:
    return get_type_hints(Config)


@cache
def declared() -> dict[str, Setting]:
    """Every setting by dotted name."""
    found = {}
    for section, kind in _sections().items():
        hints = get_type_hints(kind, include_extras=True)
        for one in dataclasses.fields(kind):
            kind, (meaning, *bounds) = hints[one.name].__origin__, hints[one.name].__metadata__
            found[f"{section}.{one.name}"] = Setting(kind, meaning, one.default, bounds[0] if bounds else None)
    return found


def meaning(name: str) -> str:
    """The help text of a setting, for a flag."""
    return declared()[name].meaning


def resolve(*layers: Layer) -> tuple[Config, Origins]:
    """Later layers win; every value is checked against its declared type and bounds.

    raises  ConfigError naming the setting, its origin and the nearest name that exists
    """
    values = {name: setting.default for name, setting in declared().items()}
    origins = dict.fromkeys(values, "default")
    for layer in layers:
        for name, value in layer.values.items():
            if name not in values:
                near = difflib.get_close_matches(name, values, 1)
                hint = f"did you mean `{near[0]}`?" if near else "ds2 train --dry-run lists them all"
                raise ConfigError(f"unknown setting `{name}` in {layer.origin}", hint=hint)
            values[name] = _checked(name, value, layer.origin)
            origins[name] = layer.origin
    _check_together(values, origins)
    return _build(values), origins


def _build(values: dict[str, Any]) -> Config:
    parts = {}
    for section, kind in _sections().items():
        names = [one.name for one in dataclasses.fields(kind)]
        parts[section] = kind(**{name: values[f"{section}.{name}"] for name in names})
    return Config(**parts)


def _checked(name: str, value: Any, origin: str) -> Any:
    setting = declared()[name]
    try:
        typed = _as_type(value, setting.kind)
        if setting.bounds and not all(setting.bounds[0] <= number <= setting.bounds[1] for number in _numbers(typed)):
            raise ValueError
        return typed
    except (TypeError, ValueError):
        hint = f"it takes {_describe(setting)}: {setting.meaning}"
        raise ConfigError(f"`{name}` in {origin} is `{_shown(value)}`", hint=hint) from None


def _check_together(values: dict[str, Any], origins: Origins) -> None:
    """What no setting can check alone: convolutions are described by three lists of equal shape."""
    channels, kernels, strides = (values[f"model.conv_{name}"] for name in ("channels", "kernels", "strides"))
    shapes = {len(one) for one in kernels + strides}
    if not len(channels) == len(kernels) == len(strides) <= 3 or not (shapes <= {1} or shapes <= {2}):
        changed = next((origin for name, origin in origins.items() if "conv_" in name and origin != "default"), "")
        raise ConfigError(
            f"`model.conv_channels`, `conv_kernels` and `conv_strides` in {changed} do not fit each other",
            hint="as many kernels and strides as channels, 3 at most; all of them [frequency, time], or all [time]",
        )
    if not values["augment.speeds"]:
        raise ConfigError("`augment.speeds` is empty", hint="1.0 is the speed of the recording: [1.0]")


def _numbers(value: Any) -> Iterator[float]:
    if isinstance(value, tuple):
        for one in value:
            yield from _numbers(one)
    else:
        yield value


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


def _describe(setting: Setting) -> str:
    if get_origin(setting.kind) is Literal:
        return " | ".join(get_args(setting.kind))
    words = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}
    what = words.get(setting.kind) or f"a list like {_toml_value(setting.default or (1, 2))}"
    low, high = setting.bounds or (-math.inf, math.inf)
    bounds = [f"at least {low:g}"] * (low > -math.inf) + [f"at most {high:g}"] * (high < math.inf)
    return " and ".join([f"{what}, {bounds[0]}", *bounds[1:]]) if bounds else what


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str)


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
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    # TOML's strings are JSON's, but for surrogate pairs and the delete character.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
