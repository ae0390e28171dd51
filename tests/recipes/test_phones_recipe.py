"""recipes/phones: the phones of speechocean762's prompts, and the table's pipe, on singers in both corpora's places."""

import json
import sys
from pathlib import Path

import pytest
from singing import write_songs

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "recipes" / "phones"))

from phones import phones_of  # noqa: E402

from ds2cli.corpora.timit import CORE_TEST, DEV  # noqa: E402

pytestmark = pytest.mark.usefixtures("one_thread")


def test_phones_lose_stress_and_place_and_words_stand_in_order():
    lines = ["7.10\tT_B", "7.0\tW_B IY0_E", "8.0 AH0_S", "7.2\tIH_I UH2_I", "7.1\tHH_B"]
    assert phones_of(lines) == {"7": "W IY HH IH UH T", "8": "AH"}


def spaced(text: str) -> str:
    return " ".join(text.replace(" ", ""))


@pytest.fixture
def speechocean(tmp_path):
    """Songs of ten speakers as DS2_DATA has the corpus: records of words, and their phones beside them."""
    folder = tmp_path / "data" / "speechocean762"
    songs = [json.loads(line) for line in write_songs(folder, "songs", 150, 1).read_text().splitlines()]
    records = [{**song, "id": f"{n:05}", "speaker": str(n % 15)} for n, song in enumerate(songs)]
    (folder / "train.jsonl").write_text("".join(json.dumps(one) + "\n" for one in records))
    words = [(one["id"], number, word) for one in records for number, word in enumerate(one["text"].split())]
    lines = [f"{name}.{number}\t{' '.join(f'{letter}0_I' for letter in word)}\n" for name, number, word in words]
    (folder / "text-phone").write_text("".join(lines))
    return tmp_path / "data"


@pytest.fixture
def timit(tmp_path):
    """Songs where TIMIT's sentences would be."""
    songs = [json.loads(line) for line in write_songs(tmp_path, "songs", 24, 1).read_text().splitlines()]
    speakers = [("TRAIN", "fcjf0"), ("TEST", min(DEV)), ("TEST", min(CORE_TEST))]
    for number, song in enumerate(songs):
        part, speaker = speakers[number % 3]
        place = tmp_path / "TIMIT" / part / "DR1" / speaker.upper()
        place.mkdir(parents=True, exist_ok=True)
        (tmp_path / song["audio_filepath"]).rename(place / f"SX{number}.WAV")
        phones = ["h#", *spaced(song["text"]).replace("a", "ix").split()]
        (place / f"SX{number}.PHN").write_text("".join(f"{n} {n + 1} {phone}\n" for n, phone in enumerate(phones)))
    return tmp_path / "TIMIT"


@pytest.mark.slow
def test_the_pipe_runs_and_does_nothing_twice(recipe, tmp_path, speechocean):
    where = {"DS2_WORK": tmp_path / "work", "DS2_DATA": speechocean}
    first = recipe("phones", "--quick", "ctc-1", "transducer-1-pretrained", **where)
    assert first.returncode == 0, first.stderr[-2000:]
    work = tmp_path / "work" / "quick"
    train, test = ([json.loads(line) for line in (work / f"{part}.jsonl").read_text().splitlines()]
                   for part in ("train", "test"))  # fmt: skip
    assert all(one["text"] == spaced(one["prompt"]) for one in train)
    assert test and not {one["speaker"] for one in test} & {one["speaker"] for one in train}
    (row,) = [line for line in first.stdout.splitlines() if line.startswith("| transducer-1-pretrained |")]
    assert row.count(".") >= 2 and row.endswith("| - |")
    again = recipe("phones", "--quick", "transducer-1-pretrained", **where)
    assert again.stdout == first.stdout and "==" not in again.stderr


@pytest.mark.slow
def test_timit_is_heard_as_61_phones_and_scored_as_39(recipe, tmp_path, timit):
    ran = recipe("phones", "--quick", "ctc-1-forward", DS2_WORK=tmp_path / "work", TIMIT=timit)
    assert ran.returncode == 0, ran.stderr[-2000:]
    work = tmp_path / "work" / "timit" / "quick"
    assert {"ix", "h#"} <= set((work / "units.txt").read_text().split())
    said = json.loads((work / "ctc-1-forward" / "greedy.jsonl").read_text().splitlines()[0])
    assert "h#" in said["text"] and json.loads((work / "ctc-1-forward" / "greedy.json").read_text())["wer"] > 0
