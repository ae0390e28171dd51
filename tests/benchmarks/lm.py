"""n-gram models against KenLM: building beside lmplz, loading for decoding beside the kenlm package.

    DS2_DATA=... python tests/benchmarks/lm.py [--lmplz PATH] [--orders 3 5] [--lines N]

One JSON line for each figure: bench, ours, peer, ratio (ours / peer), unit, n. CPU seconds are user and system time of
the process and its children; memory is the largest resident size. Without lmplz (--lmplz, LMPLZ or PATH) the peer's
columns are null, and stderr says so; without DS2_DATA/text/novels-train.txt.xz the repository's 4,000 sentences serve.
"""

import argparse
import gzip
import json
import lzma
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SMALL_TEXT = ROOT / "golden" / "lmplz" / "novels4k.txt.gz"
LOADS = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lmplz", default=os.environ.get("LMPLZ") or shutil.which("lmplz"))
    parser.add_argument("--orders", type=int, nargs="+", default=[3, 5])
    parser.add_argument("--lines", type=int, help="build from so many lines only")
    asked = parser.parse_args()
    if not asked.lmplz:
        print("no lmplz: name it with --lmplz to compare", file=sys.stderr)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
        text = write_text(folder, asked.lines)
        words = sum(len(line.split()) for line in open(text, "rb"))
        for order in asked.orders:
            bench_build(folder, text, words, order, asked.lmplz)
        bench_loading(folder, text)


def write_text(folder: Path, n_lines: int | None) -> Path:
    """The text to build from, decompressed, so that both sides read the same plain file."""
    large = Path(os.environ.get("DS2_DATA", "")) / "text" / "novels-train.txt.xz"
    opened = lzma.open(large, "rb") if large.is_file() else gzip.open(SMALL_TEXT, "rb")
    text = folder / "text.txt"
    with opened as source, open(text, "wb") as plain:
        for number, line in enumerate(source):
            if n_lines is not None and number >= n_lines:
                break
            plain.write(line)
    return text


def bench_build(folder: Path, text: Path, words: int, order: int, lmplz: str | None) -> None:
    ours, theirs = folder / f"ours{order}.arpa", folder / f"theirs{order}.arpa"
    mine = measure([sys.executable, "-m", "ds2cli", "-q", "lm", "build", str(text), "--order", str(order),
                    "-o", str(ours)])
    other = (None, None)
    if lmplz:
        other = measure([lmplz, "-o", str(order), "-S", "4G", "-T", f"{folder}/", "--discount_fallback",
                         "--text", str(text), "--arpa", str(theirs)])
        same = same_bytes(ours, theirs)
        print(f"order {order}: the two ARPA files are {'the same bytes' if same else 'different'}", file=sys.stderr)
        theirs.unlink()
    report(f"lm build, order {order}, CPU", mine[0], other[0], "s", words)
    report(f"lm build, order {order}, memory", mine[1], other[1], "MB", words)
    ours.unlink()


def bench_loading(folder: Path, text: Path) -> None:
    """From file to the first score, our reader beside the kenlm package, on the same files."""
    for name in ("load.arpa", "load.bin"):
        model = folder / name
        subprocess.run([sys.executable, "-m", "ds2cli", "-q", "lm", "build", str(text), "--prune", "0 1 3",
                        "-o", str(model)], check=True)
        ours, again = (min(load_seconds("from ds2cli.language.model import load_ngram_model as load\n"
                                        f"load(%r, {cached}).score('a b')", model) for _ in range(LOADS))
                       for cached in (False, True))
        theirs = min(load_seconds("import kenlm\nkenlm.Model(%r).score('a b')", model) for _ in range(LOADS))
        report(f"lm load, {model.suffix}", ours, theirs, "s", model.stat().st_size)
        if model.suffix == ".arpa":
            report("lm load, .arpa that was loaded before", again, theirs, "s", model.stat().st_size)


def load_seconds(code: str, model: Path) -> float:
    """CPU seconds of a fresh Python process that loads a model, less those of one that only imports."""
    importing, loading = code.split("\n")
    script = (f"import time\n{importing}\nbegin = time.process_time()\n{loading % str(model)}\n"
              "print('seconds', time.process_time() - begin)")
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return float(ran.stdout.split("seconds")[1])


def measure(command: list[str]) -> tuple[float, float]:
    """(CPU seconds, MB) of a command and its children."""
    begin = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               env={**os.environ, "OMP_NUM_THREADS": "1"})
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"failed after {time.monotonic() - begin:.0f} s: {' '.join(command)}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def same_bytes(one: Path, other: Path) -> bool:
    with open(one, "rb") as a, open(other, "rb") as b:
        while True:
            piece, same = a.read(1 << 24), b.read(1 << 24)
            if piece != same:
                return False
            if not piece:
                return True


def report(bench: str, ours: float, peer: float | None, unit: str, n: int) -> None:
    ratio = round(ours / peer, 3) if peer else None
    print(json.dumps({"bench": bench, "ours": round(ours, 4), "peer": round(peer, 4) if peer else None, "ratio": ratio,
                      "unit": unit, "n": n}), flush=True)


if __name__ == "__main__":
    main()
