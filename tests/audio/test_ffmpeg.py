"""Formats that libsndfile does not read: named by their first bytes, and read where ffmpeg or PyAV is installed."""

import importlib.util
import shutil
import stat
import subprocess
import sys
import tarfile

import numpy as np
import pytest

from ds2cli.audio import ffmpeg
from ds2cli.audio.files import encode_audio, read_audio, read_blocks, read_info, write_audio
from ds2cli.audio.tar_members import members
from ds2cli.errors import AudioError
from ds2cli.media import AUDIO_SUFFIXES, conversion, is_sound, kind_of, recordings_in

RATE = 16000
NOISE = np.random.default_rng(0).normal(0, 0.1, 2 * RATE).astype(np.float32)
SOUND = (0.4 * np.sin(np.cumsum(2 * np.pi * np.linspace(200, 3000, 3 * RATE) / RATE))).astype(np.float32)
M4A = b"\0\0\0\x20ftypM4A \0\0\0\0M4A mp42isom\0\0\0\0" + bytes(range(128, 256))
HEADS = {
    "m4a": M4A, "mp4": b"\0\0\0\x18ftypisom\0\0\x02\0", "QuickTime": b"\0\0\0\x14ftypqt  \0\0\0\0",
    "3gp": b"\0\0\0\x18ftyp3gp4", "webm": b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm",
    "Matroska": b"\x1a\x45\xdf\xa3\xa3\x42\x82\x88matroska", "AAC": b"\xff\xf1\x60\x40\x22\x20", "AMR": b"#!AMR\n\x3c",
    "Windows Media": b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9", "avi": b"RIFF\0\0\0\0AVI LIST",
    "AC-3": b"\x0b\x77\x1a",
    "SPHERE packed": b"NIST_1A\n   1024\nsample_coding -s26 pcm,embedded-shorten-v2.00\nend_head\n",
    "Speex": b"OggS\0\x02" + bytes(20) + b"\x01\x50Speex   1.2",
}  # fmt: skip


@pytest.fixture
def no_reader(monkeypatch):
    """A computer with neither ffmpeg nor PyAV."""
    monkeypatch.setattr(ffmpeg, "reader", lambda: "")


@pytest.mark.parametrize("name", HEADS)
def test_a_format_is_known_by_its_first_bytes_whatever_its_name(tmp_path, name, no_reader):
    assert kind_of(HEADS[name]).name.startswith(name) and not kind_of(HEADS[name]).is_native
    (tmp_path / "talk.wav").write_bytes(HEADS[name])
    for read in (read_info, lambda path: read_audio(path, RATE), lambda path: list(read_blocks(path, RATE))):
        with pytest.raises(AudioError, match=f"talk.wav` is {name}") as problem:
            read(tmp_path / "talk.wav")
        assert "ffmpeg -i " in str(problem.value)


@pytest.mark.parametrize("suffix", sorted(AUDIO_SUFFIXES & {".wav", ".flac", ".ogg", ".opus", ".mp3", ".aiff", ".au",
                                                            ".caf", ".w64", ".voc", ".rf64"}))
def test_what_libsndfile_reads_is_told_from_what_it_does_not(suffix):
    assert kind_of(encode_audio(NOISE, RATE, suffix)).is_native


@pytest.mark.parametrize("text", [b'{"id": "a"}\n', b"The free world\n", b"MAC and PC\n", b"", b"\xff\xfea\0",
                                  b"PK\x03\x04", b"\x1f\x8b\x08", b"\\data\\\n", b"\xef\xbb\xbfa", bytes(4000)])
def test_text_and_archives_are_no_sound(text):
    assert kind_of(text) is None


def test_a_recording_is_one_by_its_name_or_by_what_it_holds(tmp_path):
    (tmp_path / "noname").write_bytes(encode_audio(NOISE, RATE, ".flac"))
    assert is_sound(tmp_path / "noname") and is_sound("gone.M4A")
    assert not is_sound("gone.txt") and not is_sound(tmp_path)


def test_a_foreign_recording_is_passed_over_where_its_conversion_lies_beside_it(tmp_path):
    for name in ("a.m4a", "a.flac", "b.m4a", "c.wav", "c.txt", "sub/a.m4a"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(M4A)
    found = [str(one.relative_to(tmp_path)) for one in recordings_in(tmp_path)]
    assert found == ["a.flac", "b.m4a", "c.wav", "sub/a.m4a"]


def test_the_hint_never_writes_a_file_over_itself():
    assert conversion("a/b.m4a") == "ffmpeg -i a/b.m4a a/b.flac" and not conversion("b.flac").endswith(" b.flac")


PRETENDED = """#!{python}
import struct, sys
import numpy as np
if "-ss" in sys.argv:
    start = round(float(sys.argv[sys.argv.index("-ss") + 1]) * {rate})
else:
    start = 0
name = sys.argv[sys.argv.index("-i") + 1].removeprefix("file:")
if b"broken" in open(name, "rb").read():
    print("[mov @ 0x1] moov atom not found", file=sys.stderr)
    sys.exit(1)
samples = np.load({sound!r})[start:]
header = struct.pack(">4s5I", b".snd", 28, 0xFFFFFFFF, 6, {rate}, 1) + b"note"
sys.stdout.buffer.write(header + samples.astype(">f4").tobytes())
"""


@pytest.fixture
def pretended_ffmpeg(tmp_path, monkeypatch):
    """A program of that name, which speaks as ffmpeg does and always decodes the same sound."""
    folder = tmp_path / "bin"
    folder.mkdir()
    np.save(folder / "sound.npy", SOUND)
    program = folder / "ffmpeg"
    program.write_text(PRETENDED.format(python=sys.executable, rate=RATE, sound=str(folder / "sound.npy")))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    ffmpeg.count_frames.cache_clear()


def test_what_ffmpeg_decodes_is_read(tmp_path, pretended_ffmpeg):
    (tmp_path / "a.m4a").write_bytes(M4A)
    assert read_info(tmp_path / "a.m4a").frames == len(SOUND)
    assert np.array_equal(read_audio(tmp_path / "a.m4a", RATE), SOUND)
    assert np.array_equal(read_audio(tmp_path / "a.m4a", RATE, 1.0, 0.5), SOUND[RATE : RATE * 3 // 2])
    assert np.array_equal(np.concatenate(list(read_blocks(tmp_path / "a.m4a", RATE, 0.7))), SOUND)


def test_what_ffmpeg_cannot_decode_is_an_error_with_its_words(tmp_path, pretended_ffmpeg):
    (tmp_path / "c.m4a").write_bytes(M4A + b"broken")
    with pytest.raises(AudioError, match=r"is m4a \(MPEG-4 audio\) that ffmpeg cannot read: moov atom not found"):
        read_info(tmp_path / "c.m4a")


READERS = [
    pytest.param("ffmpeg", marks=pytest.mark.skipif(not shutil.which("ffmpeg"), reason="needs ffmpeg")),
    pytest.param("PyAV", marks=pytest.mark.skipif(not importlib.util.find_spec("av"), reason="needs PyAV")),
]


@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="needs ffmpeg to write them")
@pytest.mark.parametrize("name", ["m4a", "aac", "webm", "mkv", "mp4", "wma", "ac3", "mov", "wv"])
@pytest.mark.parametrize("wanted", READERS)
def test_formats_of_the_world_are_read(tmp_path, monkeypatch, name, wanted):
    monkeypatch.setattr(ffmpeg, "reader", lambda: wanted)
    ffmpeg.count_frames.cache_clear()
    write_audio(tmp_path / "a.wav", SOUND, RATE)
    subprocess.run(["ffmpeg", "-v", "error", "-i", tmp_path / "a.wav", tmp_path / f"a.{name}"], check=True)
    path = tmp_path / f"a.{name}"
    assert read_info(path).seconds == pytest.approx(3.0, abs=0.15)
    whole = read_audio(path, RATE)
    assert len(whole) == pytest.approx(3 * RATE, abs=0.15 * RATE)
    loudness = np.sqrt(np.square(whole[RATE : 2 * RATE]).mean())
    assert loudness == pytest.approx(0.4 / np.sqrt(2), rel=0.1)
    part = read_audio(path, RATE, 1.2, 0.5)
    assert len(part) == RATE // 2
    places = range(round(1.1 * RATE), round(1.3 * RATE))
    misses = [np.square(whole[at : at + len(part)] - part).mean() for at in places]
    assert abs(np.argmin(misses) - round(0.1 * RATE)) < 0.03 * RATE, "a stretch lies where the whole has it"


@pytest.mark.skipif(not importlib.util.find_spec("av"), reason="needs PyAV")
def test_one_in_a_tar_file_is_counted_and_sought_like_one_on_its_own(tmp_path, monkeypatch):
    import av

    monkeypatch.setattr(ffmpeg, "reader", lambda: "PyAV")
    with av.open(str(tmp_path / "a.m4a"), "w") as container:
        stream = container.add_stream("aac", rate=RATE, layout="mono")
        frame = av.AudioFrame.from_ndarray(SOUND[None], format="fltp", layout="mono")
        frame.rate = RATE
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)
    with tarfile.open(tmp_path / "all.tar", "w") as tar:
        tar.add(tmp_path / "a.m4a", "a.m4a")
    member = next(members(tmp_path / "all.tar")).address
    assert read_info(member) == read_info(tmp_path / "a.m4a")
    assert np.array_equal(read_audio(member, RATE, 1.0, 0.5), read_audio(tmp_path / "a.m4a", RATE, 1.0, 0.5))
