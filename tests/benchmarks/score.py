"""How fast `ds2 score` is beside jiwer, rapidfuzz and sclite: one JSON line per figure.

    python tests/benchmarks/score.py --peers-python VENV/bin/python [--pairs 100000]

The peers live in an environment of their own (pip install jiwer rapidfuzz); sclite is Debian's package sctk. Each
measurement is a process of its own: CPU seconds (user and system, reading and start-up included), and peak memory.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

SCLITE = "/usr/lib/sctk/bin/sclite"
READ = """
import sys
references, hypotheses = ([line.rstrip("\\n") for line in open(path)] for path in sys.argv[1:3])
"""
PEERS = {
    "jiwer words": READ + "import jiwer\nout = jiwer.process_words(references, hypotheses)\n"
    "print(out.hits, out.substitutions, out.deletions, out.insertions)",
    "jiwer words and characters": READ + "import jiwer\nprint(jiwer.process_words(references, hypotheses).wer,"
    "jiwer.process_characters(references, hypotheses).cer)",
    "rapidfuzz words": READ + "from rapidfuzz.distance import Levenshtein\n"
    "print(sum(len(Levenshtein.editops(r.split(), h.split())) for r, h in zip(references, hypotheses)))",
}
OURS_API = READ + """
from ds2cli.scoring.rates import count_words, total
print(total(count_words(references, hypotheses)))
"""


def write_pairs(folder: Path, pairs: int, words: int, errors: float, seed: int = 1) -> tuple[Path, Path]:
    """Two files of random sentences of about `words` words; a share `errors` is substituted, lost or added."""
    rng = random.Random(seed)
    vocabulary = ["".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=rng.randint(1, 9))) for _ in range(20_000)]
    paths = folder / "ref.txt", folder / "hyp.txt"
    with open(paths[0], "w") as reference, open(paths[1], "w") as hypothesis:
        for _ in range(pairs):
            said = rng.choices(vocabulary, k=rng.randint(words * 4 // 5, words * 6 // 5))
            understood = []
            for word in said:
                draw = rng.random()
                if draw > errors / 3:
                    understood.append(rng.choice(vocabulary) if draw < errors * 2 / 3 else word)
                if errors * 2 / 3 < draw < errors:
                    understood.append(rng.choice(vocabulary))
            print(*said, file=reference)
            print(*understood, file=hypothesis)
    return paths


def measure(command: list[str]) -> tuple[float, float]:
    """CPU seconds and peak megabytes of a command."""
    script = ("import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL);"
              "use = resource.getrusage(resource.RUSAGE_CHILDREN);"
              "print(use.ru_utime + use.ru_stime, use.ru_maxrss / 1e3)")
    said = subprocess.run([sys.executable, "-c", script, *command], check=True, capture_output=True, text=True).stdout
    seconds, megabytes = map(float, said.split())
    return seconds, megabytes


def trn(path: Path) -> Path:
    """The same lines with ids, as sclite wants them."""
    out = path.with_suffix(".trn")
    with open(path) as lines, open(out, "w") as stream:
        stream.writelines(f"{line.rstrip()} (s-{number})\n" for number, line in enumerate(lines))
    return out


def say(bench: str, ours: float, peer: str, theirs: float | None, unit: str, n: int) -> None:
    """One figure as one JSON line; `ratio` is ours over the peer's."""
    ratio = round(ours / theirs, 3) if theirs else None
    figure = {"bench": bench, "ours": round(ours, 3), "peer": peer, "theirs": theirs and round(theirs, 3),
              "ratio": ratio, "unit": unit, "n": n}
    print(json.dumps(figure), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peers-python", default=sys.executable, help="the interpreter that has jiwer and rapidfuzz")
    parser.add_argument("--pairs", type=int, default=100_000)
    asked = parser.parse_args()
    ds2 = [sys.executable, "-m", "ds2cli", "score", "--ref-kind", "lines", "--hyp-kind", "lines"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        reference, hypothesis = map(str, write_pairs(folder, asked.pairs, 20, 0.1))
        words, memory = measure([sys.executable, "-c", OURS_API, reference, hypothesis])
        everything, most = measure([*ds2, reference, hypothesis])
        peers = {peer: measure([asked.peers_python, "-c", script, reference, hypothesis])
                 for peer, script in PEERS.items()} if asked.peers_python else {}
        for peer, (seconds, _) in peers.items():
            bench, ours = ("whole command", everything) if "characters" in peer else ("words", words)
            say(bench, ours, peer, seconds, "CPU s", asked.pairs)
        seconds, jiwer = peers.get("jiwer words", (None, None))
        say("whole command beside the words alone", everything, "jiwer words", seconds, "CPU s", asked.pairs)
        sides = [str(trn(Path(path))) for path in (reference, hypothesis)]
        as_trn = measure([sys.executable, "-m", "ds2cli", "score", *sides])[0]
        say("whole command of trn beside the words alone", as_trn, "jiwer words", seconds, "CPU s", asked.pairs)
        say("memory of the words alone", memory, "jiwer words", jiwer, "MB", asked.pairs)
        say("memory of the whole command", most, "bar", 300.0, "MB", asked.pairs)
        if Path(SCLITE).exists():
            command = [SCLITE, "-r", str(trn(Path(reference))), "trn", "-h", str(trn(Path(hypothesis))), "trn", "-i",
                       "spu_id", "-f", "0", "-o", "sum", "stdout"]
            seconds, megabytes = measure(command)
            say("whole command", everything, "sclite", seconds, "CPU s", asked.pairs)
            say("memory of the whole command", most, "sclite", megabytes, "MB", asked.pairs)
        small = write_pairs(folder, 100, 20, 0.1)
        say("100 lines", min(measure([*ds2, *map(str, small)])[0] for _ in range(3)), "bar", 0.3, "CPU s", 100)
        long = write_pairs(folder, 1, 50_000, 0.1)
        seconds, megabytes = measure([*ds2, *map(str, long), "--bootstrap", "0"])
        say("one pair of 50,000 words", seconds, "bar", None, "CPU s", 1)
        say("memory of one pair of 50,000 words", megabytes, "n x m bytes", 2500.0, "MB", 1)


if __name__ == "__main__":
    main()
