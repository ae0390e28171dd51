"""`_kernels.pyi` says what the compiled module holds: every class, method, property, function, and its arguments."""

import ast
import re
from pathlib import Path
from typing import Any

from ds2cli import _kernels

STUB = Path(_kernels.__file__).parent / "_kernels.pyi"
Members = dict[str, list[str] | None]  # names of arguments; None where it is no function


def public(name: str) -> bool:
    return not name.startswith("_") or name == "__init__"


def arguments_of(made: Any) -> list[str]:
    """Of what pybind11 has bound: its docstring begins with its signature."""
    signature = re.match(r"\w+\((.*?)\) -> ", made.__doc__ or "", re.DOTALL)
    assert signature, made
    return [name for name in re.findall(r"(?:^|, )(\w+)(?=:|,|$)", nested(signature[1])) if name != "self"]


def nested(text: str) -> str:
    """A signature without what stands in square brackets, however deep."""
    while (flat := re.sub(r"\[[^\[\]]*\]", "", text)) != text:
        text = flat
    return text


def compiled() -> dict[str, Members]:
    found: dict[str, Members] = {"": {}}
    for name in filter(public, dir(_kernels)):
        thing = getattr(_kernels, name)
        if not isinstance(thing, type):
            found[""][name] = arguments_of(thing)
            continue
        found[name] = members = {}
        for member, value in vars(thing).items():
            if hasattr(thing, "__members__"):
                members.update(dict.fromkeys(thing.__members__))
            elif public(member) and type(value).__name__ != "wrapper_descriptor":  # what Python does not make
                members[member] = arguments_of(value) if callable(value) else None
    return found


def stubbed() -> dict[str, Members]:
    def of(body: list[ast.stmt]) -> Members:
        members: Members = {}
        for node in body:
            if isinstance(node, ast.FunctionDef):
                named = [one.arg for one in (*node.args.args, *node.args.kwonlyargs) if one.arg != "self"]
                members[node.name] = None if node.decorator_list else named
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                members[node.target.id] = None
        return members

    tree = ast.parse(STUB.read_text(encoding="utf-8"))
    return {"": of(tree.body), **{node.name: of(node.body) for node in tree.body if isinstance(node, ast.ClassDef)}}


def test_the_stub_and_the_module_agree():
    assert stubbed() == compiled(), "a kernel's door was changed: say so in ds2cli/_kernels.pyi"
