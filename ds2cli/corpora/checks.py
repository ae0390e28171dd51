"""What is wrong with one utterance: its recording, its text, and whether CTC could spell the one in the other."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from ds2cli.audio.channels import cancel_each_other
from ds2cli.audio.files import read_info, read_samples
from ds2cli.audio.layout import is_cut_short
from ds2cli.audio.tar_members import recording_exists
from ds2cli.errors import AudioError
from ds2cli.records.manifest import Utterance
from ds2cli.text.units import Units, frames_needed

# Measured on AN4, LibriSpeech, Common Voice, VCTK, LJ Speech, AISHELL and speechocean762: no more than 0.02 % of an
# utterance's samples reach 0.98 of full scale, and the loudest 25 ms are never below -45 dB.
CLIPPED_LEVEL, CLIPPED_SHARE = 0.98, 0.001
SILENCE_DB, LOUDEST_SECONDS = -60.0, 0.025
DURATION_TOLERANCE_SECONDS = 0.05
CUT_MARGIN_SECONDS = 0.5


class Finding(StrEnum):
    """What can be found; the values are what people read, in the order of how much it hurts."""

    NO_AUDIO = "no audio file"
    UNREADABLE = "unreadable audio"
    TRUNCATED = "truncated audio"
    WRONG_DURATION = "wrong duration"
    SILENCE = "silence"
    CANCELLED = "channels that cancel each other"
    NO_CHANNEL = "no such channel"
    CLIPPING = "clipping"
    EMPTY_TEXT = "empty text"
    OUTSIDE_UNITS = "text outside the units"
    TOO_SHORT = "more labels than frames"
    SAME_AUDIO = "same audio again"
    SAME_ID = "same id again"


@dataclass(frozen=True)
class Spelling:
    """What the network writes with, and how many frames it has for it.

    units          None takes every character as a label
    frames_within  seconds of audio -> frames of log-probs
    """

    units: Units | None
    frames_within: Callable[[float], int]


@dataclass
class Checked:
    """One utterance and what was found.

    findings  kind -> what exactly, for a person
    audio_hash  of the decoded samples; empty where they could not be decoded
    """

    utterance: Utterance
    findings: dict[Finding, str] = field(default_factory=dict)
    audio_hash: bytes = b""


def check_utterance(utterance: Utterance, spelling: Spelling) -> Checked:
    """Everything that can be seen without looking at other utterances."""
    checked = Checked(utterance)
    check_text(checked, spelling)
    check_audio(checked)
    return checked


def check_text(checked: Checked, spelling: Spelling) -> None:
    """Empty texts, characters without a unit, and texts that do not fit into their frames."""
    text, units = checked.utterance.text, spelling.units
    if not text.strip():
        checked.findings[Finding.EMPTY_TEXT] = ""
        return
    unknown = units.unknown(text) if units else []
    if unknown:
        checked.findings[Finding.OUTSIDE_UNITS] = " ".join(f"`{character}`" for character in unknown)
        return
    labels = units.encode(text) if units else [ord(character) for character in text]
    frames = spelling.frames_within(checked.utterance.duration)
    if frames_needed(labels) > frames:
        checked.findings[Finding.TOO_SHORT] = f"{len(labels)} labels need {frames_needed(labels)} frames of {frames}"


def check_audio(checked: Checked) -> None:
    """Decode the utterance, and hold what comes out against the header and the record."""
    utterance, findings = checked.utterance, checked.findings
    try:
        info = read_info(utterance.audio)
        samples, rate = read_samples(utterance.audio, utterance.offset, utterance.duration)
    except AudioError as problem:
        kind = Finding.UNREADABLE if recording_exists(utterance.audio) else Finding.NO_AUDIO
        findings[kind] = str(problem)
        return
    checked.audio_hash = hashlib.blake2b(samples.tobytes(), digest_size=16).digest()
    there = info.seconds - utterance.offset
    decoded_too_little = len(samples) < round(min(utterance.duration, there) * rate) - 1
    # What ends well before the cut has lost nothing.
    reaches_the_end = utterance.duration > there - CUT_MARGIN_SECONDS
    if decoded_too_little or (reaches_the_end and is_cut_short(utterance.audio)):
        findings[Finding.TRUNCATED] = f"{len(samples) / rate:.3f} s of {utterance.duration:.3f} s decode"
    # Without an offset the record speaks of the whole file; with one only its end can be wrong.
    off = utterance.duration - there
    if off > DURATION_TOLERANCE_SECONDS or (not utterance.offset and -off > DURATION_TOLERANCE_SECONDS):
        findings[Finding.WRONG_DURATION] = f"{utterance.duration:.3f} s, the recording has {max(there, 0):.3f} s"
    check_level(checked, heard_channels(checked, samples), rate)


def heard_channels(checked: Checked, samples: np.ndarray) -> np.ndarray:
    """(n, channels) of those that are heard: the one that the record names, else all; what is wrong is noted."""
    utterance, n_channels = checked.utterance, samples.shape[1]
    if utterance.channel is not None and utterance.channel >= n_channels:
        checked.findings[Finding.NO_CHANNEL] = f"{utterance.channel} of {n_channels}, counted from 0"
        return samples
    if utterance.channel is not None:
        return samples[:, utterance.channel, None]
    if cancel_each_other(samples):
        checked.findings[Finding.CANCELLED] = f"{n_channels} of them; name one with `channel`"
    return samples


def check_level(checked: Checked, samples: np.ndarray, rate: int) -> None:
    """Silence and clipping; samples (n, channels)."""
    level = np.abs(samples).max(axis=1, initial=0.0)
    window = max(1, round(LOUDEST_SECONDS * rate))
    power = np.square(level[: len(level) // window * window]).reshape(-1, window).mean(axis=1)
    loudest_db = 10 * np.log10(power.max(initial=0.0) + 1e-12)
    if loudest_db < SILENCE_DB:
        checked.findings[Finding.SILENCE] = f"nowhere louder than {loudest_db:.0f} dB"
    clipped = float((level >= CLIPPED_LEVEL).mean()) if len(level) else 0.0
    if clipped > CLIPPED_SHARE:
        checked.findings[Finding.CLIPPING] = f"{100 * clipped:.1f} % of its samples at full scale"
