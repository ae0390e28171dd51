"""Files of sound by their names and by their first bytes: what each is, and what reads it.

Names lie (`talk.wav` may be what a telephone recorded as AMR), so first bytes decide wherever a file is there.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# What libsndfile reads.
AUDIO_SUFFIXES = frozenset({
    ".wav", ".wave", ".bwf", ".rf64", ".w64", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".mp2", ".aiff", ".aif",
    ".aifc", ".au", ".snd", ".sph", ".caf", ".voc",
})  # fmt: skip
# What only ffmpeg or PyAV read.
FOREIGN_SUFFIXES = frozenset({
    ".m4a", ".m4b", ".mp4", ".m4v", ".mov", ".3gp", ".3g2", ".aac", ".webm", ".weba", ".mkv", ".mka", ".wma", ".wmv",
    ".asf", ".amr", ".awb", ".avi", ".flv", ".mts", ".mpg", ".mpeg", ".ac3", ".eac3", ".dts", ".ape", ".wv", ".tta",
    ".ra", ".rm", ".spx", ".ogv", ".alac", ".mpc", ".shn",
})  # fmt: skip
SOUND_SUFFIXES = AUDIO_SUFFIXES | FOREIGN_SUFFIXES
HEAD_BYTES = 4096


@dataclass(frozen=True)
class Kind:
    """What a file of sound is.

    name     for people: `m4a (MPEG-4 audio)`
    demuxer  what ffmpeg calls the container
    """

    name: str
    demuxer: str
    is_native: bool = False


_FOREIGN = (
    (rb"\x00...ftypM4[AB] ", "m4a (MPEG-4 audio)", "mov"),
    (rb"\x00...ftypqt  ", "QuickTime (mov)", "mov"),
    (rb"\x00...ftyp3g", "3gp", "mov"),
    (rb"[\x00-\x07]...(?:ftyp|moov|mdat|wide|free)", "mp4", "mov"),
    (rb"\x1a\x45\xdf\xa3.{0,60}webm", "webm", "matroska"),
    (rb"\x1a\x45\xdf\xa3", "Matroska (mkv)", "matroska"),
    (rb"\xff[\xf0\xf1\xf8\xf9]", "AAC", "aac"),
    (rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "Windows Media (wma)", "asf"),
    (rb"#!AMR", "AMR", "amr"),
    (rb"RIFF....AVI ", "avi", "avi"),
    (rb"FLV\x01", "flv", "flv"),
    (rb"\x00\x00\x01\xba", "MPEG film", "mpeg"),
    (rb"\x47.{187}\x47.{187}\x47", "MPEG transport stream", "mpegts"),
    (rb"\x0b\x77", "AC-3", "ac3"),
    (rb"\x7f\xfe\x80\x01", "DTS", "dts"),
    (rb"TTA1[\x01\x02\x03]\x00", "TTA", "tta"),
    (rb"wvpk.{4}", "WavPack", "wv"),
    (rb"MAC .[\x0e\x0f]", "Monkey's Audio (ape)", "ape"),
    (rb"MPCKSH", "Musepack", "mpc8"),
    (rb"\.RMF\x00|\.ra\xfd", "RealAudio", "rm"),
    (rb"ajkg[\x01\x02\x03]", "shorten", "shn"),
    (rb"OggS.{24,280}Speex   ", "Speex", "ogg"),
    (rb"OggS.{24,280}\x80theora", "Ogg film", "ogg"),
    (rb"NIST_1A.{0,1000}embedded-", "SPHERE packed by shorten", "nistsphere"),
)
_NATIVE = (
    (rb"RIFF....WAVE|RF64....WAVE|BW64....WAVE|RIFX....WAVE", "WAV", "wav"),
    (rb"riff\x2e\x91\xcf\x11", "W64", "w64"),
    (rb"fLaC", "FLAC", "flac"),
    (rb"OggS\x00", "Ogg", "ogg"),
    (rb"FORM....AIF[FC]", "AIFF", "aiff"),
    (rb"\.snd\x00\x00", "AU", "au"),
    (rb"caff\x00\x01", "CAF", "caf"),
    (rb"NIST_1A", "SPHERE", "nistsphere"),
    (rb"Creative Voice File", "VOC", "voc"),
    (rb"ID3[\x02\x03\x04]|\xff[\xe2-\xe7\xf2-\xf7\xfa-\xfd]", "MP3", "mp3"),
)
_KINDS = [(re.compile(pattern, re.DOTALL), Kind(name, suffix)) for pattern, name, suffix in _FOREIGN]
_KINDS += [(re.compile(pattern, re.DOTALL), Kind(name, suffix, True)) for pattern, name, suffix in _NATIVE]


def kind_of(head: bytes) -> Kind | None:
    """What begins with these bytes; None where it is no sound that is known here."""
    return next((kind for pattern, kind in _KINDS if pattern.match(head)), None)


def kind_of_file(path: str | Path) -> Kind | None:
    """What a file is; None where it is no sound that is known here, or cannot be read, or is no plain file."""
    try:
        if not os.path.isfile(path):
            return None
        with open(path, "rb") as file:
            return kind_of(file.read(HEAD_BYTES))
    except OSError:
        return None


def is_sound_name(path: str | Path) -> bool:
    """Whether a name is that of a recording, in a format that is read here or not."""
    return Path(path).suffix.lower() in SOUND_SUFFIXES


def is_sound(path: str | Path) -> bool:
    """Whether it is a recording: by its name, or, where there is such a file, by its first bytes."""
    return is_sound_name(path) or kind_of_file(path) is not None


def recordings_in(folder: Path) -> Iterator[Path]:
    """The recordings at any depth, in order of path.

    One in a format that libsndfile does not read is passed over where its conversion lies beside it.
    """
    found = sorted(path for path in folder.rglob("*") if is_sound_name(path) and path.is_file())
    read = {path.with_suffix("") for path in found if path.suffix.lower() in AUDIO_SUFFIXES}
    for path in found:
        if path.suffix.lower() in AUDIO_SUFFIXES or path.with_suffix("") not in read:
            yield path


def conversion(path: str | Path) -> str:
    """What makes a file that is read everywhere, to type."""
    path = Path(path)
    target = path.with_suffix(".flac") if path.suffix.lower() != ".flac" else path.with_name(f"{path.stem}-again.flac")
    return f"ffmpeg -i {path} {target}"
