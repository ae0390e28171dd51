"""Equal, count for count, to an sclite that is installed (Debian's package sctk): random files, and NIST's own suite.

NIST's files are not carried here: SCTK_TESTDATA names a folder that holds them (src/sclite/testdata of SCTK's source).
"""

import os
import random
import re
import subprocess
from pathlib import Path

import pytest

from ds2cli.errors import Ds2Error
from ds2cli.scoring.choices import Kind, Missing, ReadOptions, ScoreOptions, WordKind
from ds2cli.workflows.score.score import score

SCLITE = Path("/usr/lib/sctk/bin/sclite")
SUITE = os.environ.get("SCTK_TESTDATA", "")
COUNTS = re.compile(r"id: \((.*?)\)\n(?:.*\n)*?Scores: \(#C #S #D #I\) (\d+) (\d+) (\d+) (\d+)")
WORDS = "a b c A B* x/y a;b (a) b- -b @ / * ; } \\; ** - ( é 好".split()
SPACES = [" ", "  ", "\t", " \t"]
FLAGS = [["-s"], [], ["-s", "-D"], ["-F"], ["-D", "-F"]]

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not SCLITE.exists(), reason="sctk is not installed")]


def sclite(reference: Path, hypothesis: Path, kinds: tuple[str, str], flags: list[str]) -> list[list[int]] | None:
    """Counts of each utterance in the order of the references; None where sclite itself fails."""
    command = [str(SCLITE), "-r", str(reference), kinds[0], "-h", str(hypothesis), kinds[1], "-i", "spu_id", "-f", "0",
               "-o", "pralign", "stdout", *flags]
    ran = subprocess.run(command if kinds[0] == "trn" else [*command[:7], *command[9:]], capture_output=True)
    said = ran.stdout.decode(errors="replace")
    return None if ran.returncode else [[int(number) for number in found[1:]] for found in COUNTS.findall(said)]


def ours(reference: Path, hypothesis: Path, kinds: tuple[str, str], flags: list[str]) -> list[list[int]]:
    read = ReadOptions(Kind(kinds[0]), Kind(kinds[1]), missing=Missing.empty)
    options = ScoreOptions(read, words=WordKind.spaces, ignore_case="-s" not in flags, optional="-D" in flags,
                           fragments="-F" in flags, draws=0)
    return score(reference, hypothesis, None, options).corpus.words.tolist()


def text(rng: random.Random, most: int) -> str:
    words = [rng.choice(WORDS) if rng.random() > 0.1 else f"{{ {rng.choice('abc')} / @ }}" for _ in range(most)]
    return rng.choice([" ", "\t", "\v", "\f", " \r "]).join(["a", *words])


def transcripts(rng: random.Random) -> tuple[str, str]:
    # sclite orders utterances within a speaker as they come; 0 to 9 keeps both orders the same
    sides = ["".join(f"{text(rng, rng.randint(0, 5))} (s-{n:02d})\n" for n in range(60)) for _ in range(2)]
    return sides[0], sides[1]


def recordings(rng: random.Random) -> tuple[str, str]:
    """Two recordings of two channels in hundredths of a second, so that middles fall on edges."""
    stm, ctm = [], []
    space = lambda: rng.choice(SPACES)  # noqa: E731
    for channel in ("r1 A", "r1 B", "r2 A", "r2 B"):
        end = 0
        for _ in range(rng.randint(2, 8)):
            start, end = end + rng.choice([0, 0, 10]), end + rng.randint(15, 200)
            said = text(rng, rng.randint(0, 4))
            if rng.random() < 0.2:
                said = rng.choice(["IGNORE_TIME_SEGMENT_IN_SCORING", "IGNORETIMESEGMENTINSCORING"])
            label = rng.choice(["", f"<o,f0>{space()}"])
            stm.append(f"{channel} s{space()}{start / 100:.2f}{space()}{end / 100:.2f}{space()}{label}{said}\n")
        at = 0
        while at < end + 20:
            length, word = rng.choice([2, 4, 10, 20, 30]), rng.choice(WORDS)
            ctm.append(f"{channel}{space()}{at / 100:.2f}{space()}{length / 100:.2f}{space()}{word}\n")
            at += rng.randint(5, 60)
    return "".join(stm), "".join(ctm)


@pytest.mark.parametrize("flags", FLAGS, ids=" ".join)
@pytest.mark.parametrize(("kinds", "make"), [(("trn", "trn"), transcripts), (("stm", "ctm"), recordings)])
def test_random_files_count_as_sclite_counts_them(tmp_path, kinds, make, flags):
    rng = random.Random(len(flags))
    for _ in range(15):
        reference, hypothesis = tmp_path / "r", tmp_path / "h"
        for path, content in zip((reference, hypothesis), make(rng), strict=True):
            path.write_bytes(content.encode())
        assert ours(reference, hypothesis, kinds, flags) == sclite(reference, hypothesis, kinds, flags)


def suite() -> list[tuple[Path, Path]]:
    """NIST's pairs: x.ref with x.hyp, each stm with each ctm."""
    folder = Path(SUITE)
    named = [(path, path.with_suffix(".hyp")) for path in sorted(folder.glob("*.ref"))]
    timed = [(stm, ctm) for stm in sorted(folder.glob("*.stm")) for ctm in sorted(folder.glob("*.ctm"))]
    return [pair for pair in [*named, *timed] if all(path.is_file() for path in pair)] if SUITE else []


@pytest.mark.parametrize("flags", FLAGS, ids=" ".join)
@pytest.mark.parametrize(("reference", "hypothesis"), suite(), ids=lambda path: path.name)
def test_nists_suite_counts_as_sclite_counts_it(reference, hypothesis, flags):
    kinds = ("stm", "ctm") if reference.suffix == ".stm" else ("trn", "trn")
    theirs = sclite(reference, hypothesis, kinds, flags)
    if theirs is None:
        pytest.skip("sclite does not score this pair")
    try:
        assert ours(reference, hypothesis, kinds, flags) == theirs
    except Ds2Error as problem:
        pytest.skip(f"refused, and said why: {problem}")
