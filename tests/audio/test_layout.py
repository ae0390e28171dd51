"""Whatever a header says, or does not say, of a recording: all of its sound is read, and what is missing is named."""

import os
import struct

import numpy as np
import pytest
import soundfile

from ds2cli.audio.files import encode_audio, read_audio, read_blocks, read_info
from ds2cli.audio.layout import is_cut_short
from ds2cli.errors import AudioError

RATE = 16000
NOISE = np.random.default_rng(0).normal(0, 0.1, 2 * RATE).astype(np.float32)
WISHES = 0, 0xFFFFFFFF, 0x7FFFFFFF, 0x80000000, 0x7FFFF000, 0x7FFFFFFF - 36
LOSSLESS = 1e-4


def sphere(samples: np.ndarray, *more: str) -> bytes:
    fields = f"sample_count -i {len(samples)}", "channel_count -i 1", "sample_n_bytes -i 2", f"sample_rate -i {RATE}"
    header = "\n".join(["NIST_1A", "   1024", *fields, *more, "end_head", ""]).encode().ljust(1024)
    return header + (samples * 32767).astype("<i2").tobytes()


def encoded(suffix: str, samples: np.ndarray = NOISE, rate: int = RATE) -> bytes:
    return sphere(samples) if suffix == ".sph" else encode_audio(samples, rate, suffix)


def assert_holds(path, expected: np.ndarray, tolerance: float = LOSSLESS):
    """Its length, all its samples, a stretch of its end, and what comes block by block are those."""
    assert read_info(path).frames == len(expected) and not is_cut_short(path)
    assert np.abs(read_audio(path, RATE) - expected).max() < tolerance
    near_end = expected[-round(0.3 * RATE) :][: RATE // 5]
    assert np.abs(read_audio(path, RATE, len(expected) / RATE - 0.3, 0.2) - near_end).max() < tolerance
    blocks = np.concatenate(list(read_blocks(path, RATE, seconds=0.7)))
    assert np.abs(blocks - expected).max() < tolerance


def with_field(data: bytes, place: int, form: str, value: int) -> bytes:
    return data[:place] + struct.pack(form, value) + data[place + struct.calcsize(form) :]


@pytest.mark.parametrize("size", WISHES)
@pytest.mark.parametrize("outer", [*WISHES, None])
def test_a_wav_from_a_pipe_is_read_to_its_end(tmp_path, size, outer):
    data = with_field(encoded(".wav"), 40, "<I", size)
    (tmp_path / "a.wav").write_bytes(data if outer is None else with_field(data, 4, "<I", outer))
    assert_holds(tmp_path / "a.wav", NOISE)


@pytest.mark.parametrize("size", [0, 1000, 0x7FFFFFFF, 0xFFFFFFFF])
@pytest.mark.parametrize(("suffix", "marker", "place", "form"), [
    (".aiff", b"SSND", 4, ">I"), (".au", b".snd", 8, ">I"), (".caf", b"data", 4, ">q"), (".w64", b"data\xf3", 16, "<q"),
])  # fmt: skip
def test_so_are_the_others_with_a_chunk_of_samples(tmp_path, suffix, marker, place, form, size):
    data = encoded(suffix)
    at = data.find(marker) + place
    size = -1 if size == 0xFFFFFFFF and form[-1] == "q" else size
    (tmp_path / f"a{suffix}").write_bytes(with_field(data, at, form, size))
    assert_holds(tmp_path / f"a{suffix}", NOISE)


@pytest.mark.parametrize("count", ["0", "-1", "1000"])
def test_a_sphere_file_that_does_not_know_its_length_is_read_to_its_end(tmp_path, count):
    data = encoded(".sph").replace(b"sample_count -i 32000", f"sample_count -i {count}".encode().ljust(21), 1)
    (tmp_path / "a.sph").write_bytes(data)
    assert_holds(tmp_path / "a.sph", NOISE)


def test_a_recorder_that_lost_its_power_left_a_header_of_what_it_last_knew(tmp_path):
    data = with_field(with_field(encoded(".wav"), 40, "<I", 8000), 4, "<I", 8036)
    (tmp_path / "a.wav").write_bytes(data)
    assert_holds(tmp_path / "a.wav", NOISE)


@pytest.mark.parametrize("behind", [
    b"LIST" + struct.pack("<I", 10) + b"INFOabcdef", bytes(900), b"\x07rubbish" * 9,
    b"id3 " + struct.pack("<I", 3) + b"abc",
], ids=["list", "zeros", "rubbish", "odd"])  # fmt: skip
def test_what_stands_behind_the_samples_of_a_wav_is_no_sound(tmp_path, behind):
    (tmp_path / "a.wav").write_bytes(encoded(".wav") + behind)
    assert_holds(tmp_path / "a.wav", NOISE)


def test_an_odd_size_is_no_missing_end(tmp_path):
    (tmp_path / "a.wav").write_bytes(with_field(encoded(".wav"), 40, "<I", 2 * len(NOISE) + 1))
    assert_holds(tmp_path / "a.wav", NOISE)


def test_a_wav_of_more_than_four_gibibytes_is_read_beyond_them(tmp_path):
    """The size wraps around at 2**32. The file is a hole but for its end."""
    path, size = tmp_path / "long.wav", 2**32 + 2**20
    with open(path, "wb") as file:
        file.write(with_field(with_field(encoded(".wav")[:44], 40, "<I", 2**20), 4, "<I", 2**20 + 36))
        file.truncate(44 + size)
        file.seek(44 + size - 64000)
        file.write(encoded(".wav")[44:])
    if os.stat(path).st_blocks * 512 > 2**26:
        pytest.skip("no holes in files here")
    assert read_info(path).frames == size // 2
    assert np.abs(read_audio(path, RATE, size / 2 / RATE - 2.0) - NOISE).max() < LOSSLESS


@pytest.mark.parametrize("kind", ["PCM_U8", "PCM_24", "FLOAT", "DOUBLE", "ULAW", "IMA_ADPCM", "MS_ADPCM", "GSM610"])
def test_samples_of_every_width_are_read_from_a_pipe(tmp_path, kind):
    soundfile.write(tmp_path / "a.wav", NOISE, RATE, subtype=kind)
    data = (tmp_path / "a.wav").read_bytes()
    (tmp_path / "b.wav").write_bytes(with_field(data, data.find(b"data") + 4, "<I", 0xFFFFFFFF))
    assert_holds(tmp_path / "b.wav", read_audio(tmp_path / "a.wav", RATE))


def test_samples_that_are_no_numbers_are_an_error(tmp_path):
    broken = NOISE.copy()
    broken[100] = np.nan
    soundfile.write(tmp_path / "a.wav", broken, RATE, subtype="FLOAT")
    with pytest.raises(AudioError, match="not numbers"):
        read_audio(tmp_path / "a.wav", RATE)


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".ogg", ".opus", ".au", ".aiff"])
@pytest.mark.parametrize("is_twin", [True, False], ids=["twins", "others"])
def test_recordings_joined_are_read_one_behind_another(tmp_path, suffix, is_twin):
    second = NOISE if is_twin else NOISE[: len(NOISE) * 2 // 3]
    parts = [encoded(suffix), encoded(suffix, second)]
    for n, part in enumerate(parts):
        (tmp_path / f"{n}{suffix}").write_bytes(part)
    (tmp_path / f"a{suffix}").write_bytes(b"".join(parts))
    expected = np.concatenate([read_audio(tmp_path / f"{n}{suffix}", RATE) for n in (0, 1)])
    assert len(expected) == len(NOISE) + len(second)
    # The first block behind a seek in a lossy stream lacks what came before it.
    assert_holds(tmp_path / f"a{suffix}", expected, LOSSLESS if suffix in (".wav", ".flac", ".au", ".aiff") else 0.2)


def test_two_wavs_from_pipes_joined_are_two(tmp_path):
    piped = with_field(with_field(encoded(".wav"), 40, "<I", 0xFFFFFFFF), 4, "<I", 0xFFFFFFFF)
    (tmp_path / "a.wav").write_bytes(piped + piped)
    assert_holds(tmp_path / "a.wav", np.concatenate([NOISE, NOISE]))


def test_recordings_of_unlike_kinds_joined_are_named(tmp_path):
    (tmp_path / "a.flac").write_bytes(encoded(".flac") + encode_audio(NOISE, 8000, ".flac"))
    with pytest.raises(AudioError, match=r"2 recordings of different kinds, joined \(16,000 Hz x 1, 8,000 Hz x 1\)"):
        read_info(tmp_path / "a.flac")


def flac_of_unknown_length(samples: np.ndarray = NOISE) -> bytes:
    data = encoded(".flac", samples)
    (packed,) = struct.unpack(">Q", data[18:26])
    return data[:18] + struct.pack(">Q", packed >> 36 << 36) + data[26:]


@pytest.mark.parametrize("seconds", [0.01, 0.5, 1.9, 2.0])
def test_a_flac_that_does_not_say_its_length_is_counted(tmp_path, seconds):
    (tmp_path / "a.flac").write_bytes(flac_of_unknown_length(NOISE[: int(seconds * RATE)]))
    assert read_info(tmp_path / "a.flac").seconds == seconds
    assert np.abs(read_audio(tmp_path / "a.flac", RATE) - NOISE[: int(seconds * RATE)]).max() < LOSSLESS


def test_two_flacs_that_do_not_say_their_length_are_counted_both(tmp_path):
    (tmp_path / "a.flac").write_bytes(flac_of_unknown_length() + flac_of_unknown_length(NOISE[:20000]))
    assert_holds(tmp_path / "a.flac", np.concatenate([NOISE, NOISE[:20000]]))


def in_ogg(native: bytes) -> bytes:
    """FLAC in pages of Ogg, as its mapping has it: a first page with the header, then the rest."""
    def page(number: int, flags: int, body: bytes) -> bytes:
        lengths = bytes([255] * (len(body) // 255)) + bytes([len(body) % 255])
        head = b"OggS\0" + bytes([flags]) + struct.pack("<qIII", -1, 7, number, 0)
        return head + bytes([len(lengths)]) + lengths + body

    pages = [page(0, 2, b"\x7fFLAC\x01\x00\x00\x01" + native[:42])]
    rest = [native[at : at + 60000] for at in range(42, len(native), 60000)]
    pages += [page(n, 4 * (n == len(rest)), body) for n, body in enumerate(rest, 1)]
    return b"".join(pages)


@pytest.mark.parametrize("native", [encoded(".flac"), flac_of_unknown_length()], ids=["known", "unknown"])
def test_flac_in_ogg_is_read_also_chained(tmp_path, native):
    (tmp_path / "a.oga").write_bytes(in_ogg(native))
    assert_holds(tmp_path / "a.oga", NOISE)
    (tmp_path / "b.oga").write_bytes(in_ogg(native) * 2)
    assert_holds(tmp_path / "b.oga", np.concatenate([NOISE, NOISE]))


MP3_DELAY = 1105  # of encoder and decoder, which only a counting frame of LAME's knows


def mp3(mode: str, samples: np.ndarray = NOISE, rate: int = RATE) -> bytes:
    import io

    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate, format="MP3", bitrate_mode=mode)
    return buffer.getvalue()


def without_count(data: bytes) -> bytes:
    from ds2cli.audio.mpeg import frame_size

    assert b"Xing" in data[:200] or b"Info" in data[:200]
    return data[frame_size(data, 0) :]


@pytest.mark.parametrize("mode", ["CONSTANT", "VARIABLE"])
@pytest.mark.parametrize("rate", [8000, 16000, 44100])
@pytest.mark.parametrize("channels", [1, 2])
def test_an_mp3_without_a_count_has_the_length_of_its_frames(tmp_path, mode, rate, channels):
    loudness = np.repeat([0.001, 1.0], rate)[:, None] * np.random.default_rng(1).normal(0, 0.1, (2 * rate, channels))
    path = tmp_path / "a.mp3"
    path.write_bytes(without_count(mp3(mode, loudness, rate)))
    assert read_info(path).seconds == pytest.approx(2.0, abs=0.2) and not is_cut_short(path)
    heard = read_audio(path, rate)
    assert len(heard) == read_info(path).frames
    level = np.sqrt(np.square(heard[-rate // 2 :]).mean())
    assert level > 0.02, "the loud end, which a guess from the bit rate of the quiet beginning leaves out"


@pytest.mark.parametrize("first", ["CONSTANT", "VARIABLE", "none"])
@pytest.mark.parametrize("second", ["CONSTANT", "VARIABLE", "none"])
@pytest.mark.parametrize("between", [b"", b"ID3\x03\0\0\0\0\0\x0a0123456789", b"TAG".ljust(128)],
                         ids=["nothing", "id3", "tag"])
def test_joined_mp3s_are_read_to_the_end_of_the_last(tmp_path, first, second, between):
    def make(mode: str) -> bytes:
        return without_count(mp3("VARIABLE")) if mode == "none" else mp3(mode)

    (tmp_path / "a.mp3").write_bytes(make(first) + between + make(second))
    assert read_info(tmp_path / "a.mp3").seconds == pytest.approx(4.0, abs=0.3)
    assert len(read_audio(tmp_path / "a.mp3", RATE)) == read_info(tmp_path / "a.mp3").frames


@pytest.mark.parametrize("has_count", [True, False])
def test_rubbish_around_an_mp3_is_no_sound(tmp_path, has_count):
    data = mp3("VARIABLE") if has_count else without_count(mp3("VARIABLE"))
    rubbish = np.random.default_rng(3).bytes(5000)
    tags = b"ID3\x04\0\0\0\0\x07\x68" + bytes(1000)
    (tmp_path / "plain.mp3").write_bytes(data)
    (tmp_path / "a.mp3").write_bytes(tags + data + rubbish)
    assert abs(read_info(tmp_path / "a.mp3").frames - read_info(tmp_path / "plain.mp3").frames) <= 1152
    assert not is_cut_short(tmp_path / "a.mp3")
    read_audio(tmp_path / "a.mp3", RATE)


@pytest.fixture(params=["wav", "rf64", "aiff", "caf", "ogg", "opus", "sph", "flac", "mp3"])
def whole(request, tmp_path):
    path = tmp_path / f"whole.{request.param}"
    if request.param == "rf64":
        soundfile.write(path, NOISE, RATE, format="WAV")
    else:
        path.write_bytes(encoded(path.suffix))
    return path


def test_whole_files_are_whole(whole):
    assert not is_cut_short(whole)
    assert read_info(whole).frames == len(NOISE)


@pytest.mark.parametrize("missing", [2, 1000, 0.1, 0.5, 0.9])
def test_files_without_their_end_are_cut(whole, missing):
    data = whole.read_bytes()
    whole.write_bytes(data[: -missing if isinstance(missing, int) else int(len(data) * (1 - missing))])
    if whole.suffix == ".flac" and not is_cut_short(whole):  # its last frame begins: the decoder says what is missing
        with pytest.raises(AudioError, match="cut short or damaged"):
            read_audio(whole, RATE)
    else:
        assert is_cut_short(whole)


def test_every_recording_of_an4_is_whole(an4):
    assert not [path for path in (an4 / "wav").rglob("*.opus") if is_cut_short(path)]


def test_containers_that_do_not_say_are_not_accused(tmp_path):
    for name, data in (("a.raw", b"\1\2" * 800), ("empty.wav", b""), ("a.mp3", b"ID3" + bytes(100))):
        (tmp_path / name).write_bytes(data)
        assert not is_cut_short(tmp_path / name)
    (tmp_path / "short.sph").write_bytes(sphere(NOISE, "sample_coding -s26 pcm,embedded-shorten-v2.00")[:5000])
    assert not is_cut_short(tmp_path / "short.sph"), "compressed: the header tells no bytes"


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".ogg", ".opus", ".mp3", ".aiff", ".au", ".caf", ".w64", ".sph"])
def test_a_broken_file_is_read_or_is_an_error_with_its_name(tmp_path, suffix):
    """Bytes changed, left out, cut off."""
    rng, data = np.random.default_rng(5), encoded(suffix, NOISE[:8000])
    for n in range(40):
        broken = bytearray(data)
        for _ in range(int(rng.integers(1, 8))):
            at = int(rng.integers(len(broken) if n % 2 else min(200, len(broken))))
            broken[at] = int(rng.choice([0, 1, 127, 128, 255, int(rng.integers(256))]))
        if n % 5 == 0:
            del broken[int(rng.integers(len(broken))) :]
        path = tmp_path / f"{n}{suffix}"
        path.write_bytes(broken)
        try:
            info = read_info(path)
            assert info.seconds < 1000
            read_audio(path, RATE)
        except AudioError as problem:
            assert path.name in str(problem)
