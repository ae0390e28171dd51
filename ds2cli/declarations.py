"""Settings as dataclasses declare them, checked in one place: training's, decoding's and segmenting's alike.

A field is `name: Annotated[type, "meaning", (least, greatest)] = default`. What no field can see alone, a class
declares as `contradictions`; names that settings had before, as `former_names`: these still work.
"""

import dataclasses
import difflib
import json
import math
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, Literal, NamedTuple, TypeVar, get_args, get_origin, get_type_hints

from ds2cli.errors import ConfigError

Settings = TypeVar("Settings")


class Setting(NamedTuple):
    """What is declared of a setting; bounds are the least and the greatest number, where it holds numbers."""

    kind: Any
    meaning: str
    default: Any
    bounds: tuple[float, float] | None


class Contradiction(NamedTuple):
    """Settings that cannot all be as they are, though each may be.

    names   of the settings, dotted where they are in sections
    is_met  whether the settings, whole, contradict themselves
    what    is wrong with them; their values are added
    """

    names: tuple[str, ...]
    is_met: Callable[[Any], bool]
    what: str
    hint: str


@cache
def declared(kind: Any) -> dict[str, Setting]:
    """Every setting of a class by name; those of sections by dotted name."""
    found = {}
    hints = get_type_hints(kind, include_extras=True)
    for one in dataclasses.fields(kind):
        hint = hints[one.name]
        if isinstance(hint, type) and dataclasses.is_dataclass(hint):
            found.update({f"{one.name}.{name}": setting for name, setting in declared(hint).items()})
            continue
        meaning, *bounds = hint.__metadata__
        default = one.default if one.default_factory is dataclasses.MISSING else one.default_factory()
        found[one.name] = Setting(hint.__origin__, meaning, default, bounds[0] if bounds else None)
    return found


def laid_over(settings: Settings, values: dict[str, Any], origin: str) -> Settings:
    """Settings without sections, some of them changed.

    origin  where the values come from, for the error's sake
    raises  ConfigError for an unknown name, a wrong type, a number out of bounds, values that contradict each other
    """
    kind: Any = type(settings)
    found = declared(kind)
    values = under_current_names(kind, values, origin)
    changed = {name: checked(name, setting_named(name, found, origin), value, origin) for name, value in values.items()}
    settings = dataclasses.replace(settings, **changed)  # type: ignore[type-var]  # a dataclass, whichever
    check_together(settings, dict.fromkeys(changed, origin))
    return settings


def under_current_names(kind: Any, values: dict[str, Any], origin: str) -> dict[str, Any]:
    """Values, those of former names under today's.

    raises  ConfigError where one is named twice
    """
    former: dict[str, str] = getattr(kind, "former_names", {})
    twice = next((name for name in values if former.get(name) in values), None)
    if twice:
        raise ConfigError(f"`{twice}` in {origin} is the former name of `{former[twice]}`, which is there too",
                          hint=f"leave out `{twice}`")  # fmt: skip
    return {former.get(name, name): value for name, value in values.items()}


def check_settings(settings: Any) -> None:
    """For `__post_init__`: whoever makes them, settings are within their bounds and do not contradict each other.

    raises  ConfigError
    """
    kind: Any = type(settings)
    for name, setting in declared(kind).items():
        checked(name, setting, getattr(settings, name), "")
    check_together(settings, {})


def check_together(settings: Any, origins: dict[str, str]) -> None:
    """raises  ConfigError naming the first contradiction, its settings' values, and where those come from."""
    for one in getattr(type(settings), "contradictions", ()):
        if one.is_met(settings):
            values = [f"`{name}` is {shown(_value(settings, name))}{_from(origins, name)}" for name in one.names]
            raise ConfigError(f"{one.what}: {', '.join(values)}", hint=one.hint)


def setting_named(name: str, known: dict[str, Setting], origin: str, lists: str = "") -> Setting:
    """The setting of a name; raises ConfigError with the nearest name that exists."""
    if name not in known:
        near = difflib.get_close_matches(name, known, 1)
        hint = f"did you mean `{near[0]}`?" if near else lists or f"there are: {', '.join(known)}"
        raise ConfigError(f"unknown setting `{name}` in {origin}", hint=hint)
    return known[name]


def checked(name: str, setting: Setting, value: Any, origin: str) -> Any:
    """The value in the setting's type.

    raises  ConfigError where it is of another type, out of bounds, infinite, or no text that UTF-8 can hold
    """
    try:
        typed = _as_type(value, setting.kind)
        least, greatest = setting.bounds or (-math.inf, math.inf)
        if not all(math.isfinite(number) and least <= number <= greatest for number in _numbers(typed)):
            raise ValueError
        return typed
    except (TypeError, ValueError, OverflowError):
        where = f" in {origin}" if origin else ""
        hint = f"it takes {_describe(setting)}: {setting.meaning}"
        raise ConfigError(f"`{name}`{where} is `{shown(value)}`", hint=hint) from None


def shown(value: Any) -> str:
    """A value as a person would type it."""
    return value.encode(errors="backslashreplace").decode() if isinstance(value, str) else toml_value(value)


def toml_value(value: Any) -> str:
    """A value as TOML; anything that TOML has no word for as JSON would show it."""
    if isinstance(value, (tuple, list)):
        return "[" + ", ".join(toml_value(one) for one in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {toml_value(one)}" for key, one in value.items()) + "}"
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    # TOML's strings are JSON's, but for surrogate pairs and the delete character.
    return json.dumps(value, ensure_ascii=False, default=str).replace("\x7f", "\\u007f")


def _value(settings: Any, name: str) -> Any:
    for part in name.split("."):
        settings = getattr(settings, part)
    return settings


def _from(origins: dict[str, str], name: str) -> str:
    return f" in {origins[name]}" if origins.get(name, "default") != "default" else ""


def _numbers(value: Any) -> Iterator[float]:
    if isinstance(value, dict):
        value = tuple(value.values())
    if isinstance(value, tuple):
        for one in value:
            yield from _numbers(one)
    elif isinstance(value, (int, float)):
        yield value


def _as_type(value: Any, wanted: Any) -> Any:
    origin = get_origin(wanted)
    if origin is Literal:
        if value not in get_args(wanted):
            raise ValueError
        return value
    if origin is tuple:
        return _as_tuple(value, get_args(wanted))
    if origin is dict:
        if not isinstance(value, dict):
            raise TypeError
        of_keys, of_values = get_args(wanted)
        return {_as_type(key, of_keys): _as_type(one, of_values) for key, one in value.items()}
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, wanted) or (isinstance(value, bool) and wanted is not bool):
        raise TypeError
    if isinstance(value, str):
        value.encode()  # half of a surrogate pair is a UnicodeEncodeError, which is a ValueError
    return value


def _as_tuple(value: Any, kinds: tuple[Any, ...]) -> tuple[Any, ...]:
    if not isinstance(value, (list, tuple)):
        raise TypeError
    if kinds[-1] is ...:
        kinds = (kinds[0],) * len(value)
    return tuple(_as_type(one, kind) for one, kind in zip(value, kinds, strict=True))


def _describe(setting: Setting) -> str:
    if get_origin(setting.kind) is Literal:
        return " | ".join(get_args(setting.kind))
    words = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}
    what = words.get(setting.kind) or f"a list like {toml_value(setting.default or (1, 2))}"
    low, high = setting.bounds or (-math.inf, math.inf)
    bounds = [f"at least {low:g}"] * (low > -math.inf) + [f"at most {high:g}"] * (high < math.inf)
    return " and ".join([f"{what}, {bounds[0]}", *bounds[1:]]) if bounds else what
