"""TIMIT (LDC93S1): 630 Americans read ten sentences each; its phones are timed by hand, and are the texts here.

    TIMIT/TRAIN/DR1/FCJF0/SI1027.PHN    0 3050 h#      samples from, to, one of 61 phones
    TIMIT/TRAIN/DR1/FCJF0/SI1027.WAV    NIST SPHERE, whatever its name says

The two sentences that everybody reads (SA) are left out, as their phones would be known by heart. `test` is the core
test set (24 speakers), `dev` 50 other speakers of the TEST folder. Scores are of 39 classes:
recipes/phones/timit-39.glm.

Lee and Hon 1989, Speaker-independent phone recognition using hidden Markov models; Graves et al. 2013, arXiv:1303.5778.
"""

from collections.abc import Iterator
from pathlib import Path

from ds2cli.corpora.entries import Entry, Rejected, Totals, choose_parts, find_root, transcript_lines

TOTALS = {"train": Totals(3696, None, 462), "dev": Totals(400, None, 50), "test": Totals(192, None, 24)}
CORE_TEST = frozenset(
    "mdab0 mwbt0 felc0 mtas1 mwew0 fpas0 mjmp0 mlnt0 fpkt0 mlll0 mtls0 fjlm0 "
    "mbpm0 mklt0 fnlp0 mcmj0 mjdh0 fmgd0 mgrt0 mnjm0 fdhc0 mjln0 mpam0 fmld0".split()
)
DEV = frozenset(
    "faks0 fdac1 fjem0 mgwt0 mjar0 mmdb1 mmdm2 mpdf0 fcmh0 fkms0 mbdg0 mbwm0 mcsh0 fadg0 fdms0 fedw0 mgjf0 mglb0 mrtk0 "
    "mtaa0 mtdt0 mthc0 mwjg0 fnmr0 frew0 fsem0 mbns0 mmjr0 mdls0 mdlf0 mdvc0 mers0 fmah0 fdrw0 mrcs0 mrjm4 fcal1 mmwh0 "
    "fjsj0 majc0 mjsw0 mreb0 fgjd0 fjmg0 mroa0 mteb0 mjfc0 mrjr0 fmml0 mrws1".split()
)


def read(folder: Path, part: str | None) -> Iterator[Entry | Rejected]:
    """The phones of each sentence, spaces between; folders and files may be in capitals or not."""
    root = find_root(folder, "[Tt][Rr][Aa][Ii][Nn]/*/*/*.[Pp][Hh][Nn]", "TIMIT", "timit")
    for name in choose_parts(part, ["train", "dev", "test"], root):
        for phones in sorted(path for path in root.rglob("*") if path.suffix.lower() == ".phn"):
            set_name, _, speaker, file = (piece.lower() for piece in phones.relative_to(root).parts[-4:])
            if file.startswith("sa") or not _is_in(name, set_name, speaker):
                continue
            id = f"{speaker}-{phones.stem.lower()}"
            audio = next((path for path in phones.parent.iterdir()
                          if path.stem == phones.stem and path.suffix.lower() in (".wav", ".flac", ".sph")), None)
            text = " ".join(line.split()[-1] for line in transcript_lines(phones) if len(line.split()) == 3)
            yield Entry(id, audio, text, speaker, "en") if audio else Rejected(id, "no recording", str(phones))


def _is_in(part: str, set_name: str, speaker: str) -> bool:
    if part == "train":
        return set_name == "train"
    return set_name == "test" and speaker in (DEV if part == "dev" else CORE_TEST)
