"""recipes/aishell: both of its corpora, on singers in their places."""

import json

import pytest
from singing import write_songs

pytestmark = [pytest.mark.usefixtures("one_thread"), pytest.mark.slow]


def chinese(text: str) -> str:
    """The letters of a song as characters that everybody can say; words of three letters stay Latin."""
    said = "我们的是在有人他这上个来到大地说出就要时以会家可下过"
    common = dict(zip("abcdefghijklmnopqrstuvwxyz", said, strict=True))
    return " ".join(word if len(word) == 3 else "".join(common[letter] for letter in word) for word in text.split())


@pytest.fixture
def songs(tmp_path):
    lines = write_songs(tmp_path / "songs", "songs", 24, 1).read_text().splitlines()
    return [{**song, "audio_filepath": str(tmp_path / "songs" / song["audio_filepath"]), "text": chinese(song["text"])}
            for song in map(json.loads, lines)]


def test_the_sample_runs_and_does_nothing_twice(recipe, tmp_path, songs):
    pytest.importorskip("pypinyin")
    folder = tmp_path / "data" / "aishell-sample"
    folder.mkdir(parents=True)
    (folder / "all.jsonl").write_text("".join(json.dumps(song) + "\n" for song in songs))
    where = {"DS2_WORK": tmp_path / "work", "DS2_DATA": tmp_path / "data"}
    (tmp_path / "more.txt").write_text("我们说的话\n他在家\n" * 5)
    first = recipe("aishell", "sample", "--quick", LM_TEXT=tmp_path / "more.txt", **where)
    assert first.returncode == 0, first.stderr[-3000:]
    names = [line for line in first.stdout.splitlines() if "/" in line]
    assert names == ["pinyin/greedy", "pinyin/lm", "characters/greedy", "characters/lm"]
    assert "6,790 units" in first.stderr
    tuned = (tmp_path / "work" / "sample" / "pinyin" / "decoding.toml").read_text()
    assert "# CER " in tuned and "with " in tuned
    again = recipe("aishell", "sample", "--quick", **where)
    assert again.returncode == 0 and again.stdout == first.stdout


def test_the_corpus_is_read_as_it_unpacks(recipe, tmp_path, songs):
    pytest.importorskip("pypinyin")
    home = tmp_path / "data_aishell"
    (home / "transcript").mkdir(parents=True)
    lines = []
    for number, song in enumerate(songs):
        part, speaker = [("train", "S0002"), ("dev", "S0724"), ("test", "S0764")][number % 3]
        place = home / "wav" / part / speaker
        place.mkdir(parents=True, exist_ok=True)
        name = f"BAC009{speaker}W{number:04}"
        (place / f"{name}.wav").symlink_to(song["audio_filepath"])
        lines.append(f"{name} {song['text'] if song['text'].isascii() else ' '.join(song['text'])}\n")
    (home / "transcript" / "aishell_transcript_v0.8.txt").write_text("".join(lines))
    ran = recipe("aishell", "--quick", DS2_WORK=tmp_path / "work", AISHELL=tmp_path)
    assert ran.returncode == 0, ran.stderr[-3000:]
    assert "of 120,098 utterances" in ran.stderr and ran.stdout.count("characters") >= 4
