"""The house keeps its shape: imports point one way, doors are few, start-up is light."""

import ast
import graphlib
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer

PACKAGE = Path(__file__).resolve().parent.parent.parent / "ds2cli"

# A folder or module may import those of a lower rank, and itself.
RANKS = [
    {"errors", "hints", "phrases", "media"},
    {"io"},
    {"records", "declarations", "config", "settings"},
    {"audio", "text", "scoring", "reporting", "model"},
    {"jobs"},
    {"corpora", "language", "decoding", "alignment", "inference"},
    {"toolkits", "runs"},
    {"training"},
    {"workflows"},
    {"serving"},
    {"api"},
    {"cli"},
]
# Siblings and neighbours that are named, each for a reason.
ALLOWED = {
    ("config", "declarations"),  # every setting is declared by its rules
    ("settings", "declarations"),
    ("settings", "config"),
    ("model", "text"),  # a checkpoint carries its units
    ("model", "audio"),  # and hears with its own features
    ("scoring", "text"),  # what a word is, script by script
    ("decoding", "language"),  # the beam asks the n-gram
    ("corpora", "audio"),
}
ONLY_IN = {"typer": ["cli"], "rich": ["cli/terminal.py"], "kenlm": [], "soundfile": ["audio/files.py"],
           "soxr": ["audio/files.py", "audio/live.py"], "onnx": ["model/exchange/onnx_graph.py"],
           "onnxruntime": ["model/exchange/onnx_graph.py"],
           "av": ["audio/ffmpeg.py"], "starlette": ["serving"], "uvicorn": ["serving"],
           "prometheus_client": ["serving/metrics.py"], "ray": ["jobs/cluster.py"],
           "fsspec": ["io/remote.py"],
           "wyoming": ["serving/protocols/wyoming.py"]}
NO_TORCH = ["cli", "io", "records", "text", "corpora", "language", "scoring", "reporting"]


def imports(path: Path) -> list[str]:
    """Every module that a file imports, at any depth of its code."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return found


def room(module: str) -> str:
    return module.split(".")[1] if module.startswith("ds2cli.") and module != "ds2cli.__version__" else ""


def rank(name: str) -> int:
    return next((number for number, names in enumerate(RANKS) if name in names), -1)


FILES = sorted(PACKAGE.rglob("*.py"))


def test_imports_point_one_way():
    wrong = []
    for path in FILES:
        me = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        if me in ("__init__", "__main__"):
            continue
        for module in imports(path):
            other = room(module)
            if other and other != me and rank(other) >= rank(me) and (me, other) not in ALLOWED:
                wrong.append(f"{path.relative_to(PACKAGE)} -> {module}")
    assert not wrong


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")


def test_no_circle_of_modules_even_inside_a_folder():
    """Imports inside functions count too; only the package's own door, which loads its rooms when asked, does not."""
    names = {name_of(path) for path in FILES} - {"ds2cli"}
    graph = {}
    for path in FILES:
        found = {name if name in names else name.rpartition(".")[0] for name in imports(path)}
        graph[name_of(path)] = found & names - {name_of(path)}
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as circle:
        pytest.fail(" -> ".join(circle.args[1]))


@pytest.mark.parametrize("package", ONLY_IN)
def test_each_package_has_one_door(package):
    doors = ONLY_IN[package]
    users = [str(path.relative_to(PACKAGE)) for path in FILES if any(m.split(".")[0] == package for m in imports(path))]
    assert not [user for user in users if not any(user.startswith(door) for door in doors)]


def test_torch_stays_where_it_is_needed():
    importers = [path for path in FILES if any(module.split(".")[0] == "torch" for module in imports(path))]
    users = {path.relative_to(PACKAGE).parts[0] for path in importers}
    assert not users & set(NO_TORCH)


NAMES_FLAGS = {"cli", "hints.py", "serving", "workflows"}
# Of Ray and of kaldilm; and what every command has.
OTHER_PROGRAMS = {"--head", "--address", "--read-symbol-table", "--disambig-symbol", "--max-order", "--help"}
FLAG = re.compile(r"(?:^|[\s`(])(--[a-z][a-z-]*)")


def strings(path: Path) -> list[str]:
    """The strings of a file that are no docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [node.value for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told]


def test_rooms_below_the_command_line_name_no_flags():
    paths = [path for path in FILES if path.relative_to(PACKAGE).parts[0] not in NAMES_FLAGS]
    assert not [f"{path.name}: {text}" for path in paths for text in strings(path) if FLAG.search(text)]


def test_hints_name_flags_that_there_are():
    from ds2cli.cli import app

    def flags(command) -> set[str]:
        mine = {name for one in command.params for name in (*one.opts, *one.secondary_opts)}
        return mine.union(*map(flags, getattr(command, "commands", {}).values()))

    named = {flag for text in strings(PACKAGE / "hints.py") for flag in FLAG.findall(text)}
    assert named and not named - flags(typer.main.get_command(app)) - OTHER_PROGRAMS


def modules_after(code: str) -> set[str]:
    script = f"{code}\nimport sys\nprint(' '.join(sorted({{name.split('.')[0] for name in sys.modules}})))"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(ran.stdout.split())


def test_the_command_line_starts_light():
    heavy = {"torch", "numpy", "numba", "kenlm", "soundfile", "matplotlib", "fsspec"}
    assert not modules_after("import ds2cli.cli") & heavy


def test_no_file_is_long_and_no_function_is_long():
    long = []
    for path in FILES:
        text = path.read_text(encoding="utf-8")
        if text.count("\n") > 450:
            long.append(str(path))
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.end_lineno - node.body[0].lineno > 60:
                long.append(f"{path.name}:{node.name}")
    assert not long


# Names that several modules define, and why.
PROTOCOLS = {
    "read": {"corpora"},  # what the catalogue calls of a corpus
    "to_entry": {"corpora"},  # what makes an entry of a line of its list
    "write": {"toolkits"},  # and of a toolkit
    "find_streams": {"audio"},  # what tells of a kind of file where its recordings lie
    "serve": {"serving"},  # a protocol's whole talk with one client
    "normalise": {"api"},  # the outside of text/normalise
}
GRAMMARS = {"comparing", "english", "mandarin", "written"}  # in text/: the same classes of figures in each
DOORS = {"cli", "api", "workflows", "serving"}  # a command has one word at the shell, in Python, and where it is done


def test_a_public_name_means_one_thing():
    from ds2cli.cli import app

    def words(command) -> set[str]:
        return {*getattr(command, "commands", {})}.union(*map(words, getattr(command, "commands", {}).values()))

    commands = {word.replace("-", "_") for word in words(typer.main.get_command(app))} | {"import_run"}
    homes: dict[str, set[str]] = {}
    for path in FILES:
        inside = path.relative_to(PACKAGE).parts
        if inside[0] == "text" and inside[1] in GRAMMARS:
            continue
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            name = getattr(node, "name", "_")
            if name.startswith("_") or inside[0] in PROTOCOLS.get(name, ()) or name in commands and inside[0] in DOORS:
                continue
            homes.setdefault(name, set()).add("/".join(inside))
    assert not {name: places for name, places in homes.items() if len(places) > 1}
