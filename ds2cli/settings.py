"""Settings in layers: defaults < preset < file < flags, every value with its origin; read from and written as TOML."""

import tomllib
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, get_type_hints

from ds2cli import hints
from ds2cli.config import Config
from ds2cli.declarations import check_together, checked, declared, setting_named, toml_value
from ds2cli.errors import ConfigError
from ds2cli.io.remote import local_copy

Origins = dict[str, str]


@dataclass(frozen=True)
class Layer:
    """Some values and where they come from: {"optimizer.learning_rate": 3e-4}, "preset `tiny`"."""

    values: dict[str, Any]
    origin: str


def resolve(*layers: Layer) -> tuple[Config, Origins]:
    """Later layers win; every value is checked against its declared type and bounds.

    raises  ConfigError naming the setting, its origin and the nearest name that exists
    """
    known = declared(Config)
    values = {name: setting.default for name, setting in known.items()}
    origins = dict.fromkeys(values, "default")
    for layer in layers:
        for name, value in layer.values.items():
            setting = setting_named(name, known, layer.origin, hints.LIST_SETTINGS)
            values[name] = checked(name, setting, value, layer.origin)
            origins[name] = layer.origin
    config = _build(values)
    check_together(config, origins)
    return config, origins


def _build(values: dict[str, Any]) -> Config:
    parts: dict[str, dict[str, Any]] = {}
    for name, value in values.items():
        section, _, name = name.partition(".")
        parts.setdefault(section, {})[name] = value
    sections = get_type_hints(Config)
    return Config(**{section: sections[section](**part) for section, part in parts.items()})


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
        text = local_copy(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise ConfigError(f"cannot read `{path}`", hint=hints.CONFIG_FILE) from None
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
            raise ConfigError(hints.wrong_assignment(name, what), hint=hints.SET_ONE)
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
    for section, part in vars(config).items():
        lines.append(f"[{section}]")
        for name, value in vars(part).items():
            line = f"{name} = {toml_value(value)}"
            lines.append(f"{line:<44}  # {origins[f'{section}.{name}']}" if origins else line)
        lines.append("")
    return "\n".join(lines)


def from_toml(text: str, origin: str) -> Config:
    """The experiment that `to_toml` wrote; settings that are missing have their defaults."""
    return resolve(text_layer(text, origin))[0]
