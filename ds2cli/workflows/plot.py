"""`ds2 plot`: pictures of a run, of one utterance, and of what one output listens to."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ds2cli.audio.features import window_samples
from ds2cli.audio.files import read_audio, read_info
from ds2cli.config import FeatureConfig
from ds2cli.decoding.transducer import greedy_decoder, joint_of
from ds2cli.errors import UsageError
from ds2cli.media import is_sound
from ds2cli.model.inspection import ForwardPass, forward_pass, input_sensitivity, spoken_log_probs
from ds2cli.model.recogniser import Recogniser, load_recogniser
from ds2cli.records.manifest import Utterance, read_manifest
from ds2cli.reporting.curves import draw_curve
from ds2cli.reporting.spectrogram import Look, TimedWord, draw_sensitivity, draw_utterance
from ds2cli.runs.folder import RunFolder
from ds2cli.text.units import SPACE, SPACE_NAME, Units

DECIBELS_PER_NAT = 10 / np.log(10)
LONGEST_SECONDS = 120.0
_MARKS_HZ = (250, 500, 1000, 2000, 3000, 4000, 6000, 8000)


@dataclass(frozen=True)
class Output:
    """One output: a unit at a frame."""

    frame: int
    unit: int


@dataclass(frozen=True)
class Answer:
    """Everything the pictures need of one utterance, and how it went through the recogniser.

    said    (L,) units of the best path
    places  of a transducer (T', V): after how many of them each unit is likeliest in each frame
    """

    look: Look
    heard: ForwardPass
    said: np.ndarray
    places: np.ndarray | None = None

    def said_before(self, place: Output) -> list[int]:
        """The labels that a transducer's prediction network has read where an output stands."""
        return [] if self.places is None else self.said[: self.places[place.frame, place.unit]].tolist()


def plot_curve(run: Path, output: Path | None) -> Path:
    """A run's learning curve, redrawn from its metrics; beside them where no output is named."""
    folder = RunFolder(run if run.is_dir() else run.parent)
    metrics = folder.metrics if run.is_dir() else run
    output = output or folder.curve
    draw_curve(metrics, output)
    return output


def plot_utterance(model: Path, source: str, wanted: str | None, output: Path, channel: int | None = None) -> str:
    """Draw what a model sees and answers; returns the text that it heard."""
    recogniser = load_recogniser(model)
    look = look_at(recogniser, find_utterance(source, wanted, channel)).look
    draw_utterance(look, output)
    return " ".join(word.text for word in look.words)


def plot_sensitivity(
    model: Path, source: str, wanted: str | None, unit: str, frame: int | None, seconds: float | None, output: Path,
    channel: int | None = None,
) -> tuple[Output, float]:
    """Draw what one output listens to; returns where it stands and its probability.

    unit  its name; `<space>` and `<blank>` are names too
    frame, seconds  where; neither: where the unit is likeliest
    """
    recogniser = load_recogniser(model)
    answer = look_at(recogniser, find_utterance(source, wanted, channel))
    look, index = answer.look, find_unit(recogniser.units, unit)
    place = Output(_find_frame(look, index, frame, seconds), index)
    gradient = input_sensitivity(recogniser, answer.heard.features, place.frame, place.unit, answer.said_before(place))
    draw_sensitivity(look, gradient, place.frame, place.unit, output)
    return place, float(look.probabilities[place.frame, place.unit])


def find_utterance(source: str, wanted: str | None, channel: int | None = None) -> Utterance:
    """One utterance: of a manifest by its id (the first where none is named), or a whole audio file.

    raises  UsageError where the manifest has no such id
    """
    if is_sound(source):
        return Utterance(Path(source).stem, source, read_info(source).seconds, channel=channel)
    seen = 0
    for utterance in read_manifest(source, required=("audio_filepath",)):
        if wanted is None or utterance.id == wanted:
            return utterance if channel is None else replace(utterance, channel=channel)
        seen += 1
    if wanted is None:
        raise UsageError(f"`{source}` holds no utterances", hint="name a manifest or a recording")
    hint = f"see its ids with: jq -r .id {source}"
    raise UsageError(f"`{source}` has no utterance `{wanted}` among its {seen:,}", hint=hint)


def find_unit(units: Units, name: str) -> int:
    """The index of a unit by its name."""
    name = SPACE if name == SPACE_NAME else name
    if name not in units.names:
        known = " ".join(SPACE_NAME if unit == SPACE else unit for unit in units.names[:40])
        raise UsageError(f"`{name}` is not a unit of this model", hint=f"its units: {known}")
    return units.names.index(name)


def _find_frame(look: Look, unit: int, frame: int | None, seconds: float | None) -> int:
    if frame is None and seconds is None:
        return int(look.probabilities[:, unit].argmax())
    if frame is not None and seconds is not None:
        raise UsageError("--frame and --time name the same thing", hint="give one of them")
    last = len(look.times) - 1
    if frame is not None and not 0 <= frame <= last:
        raise UsageError(f"no frame {frame}", hint=f"this utterance has frames 0 to {last}")
    if seconds is not None and not 0 <= seconds <= look.seconds:
        raise UsageError(f"no time {seconds:g} s", hint=f"this utterance lasts {look.seconds:.2f} s")
    return frame if frame is not None else int(np.abs(look.times - seconds).argmin())


def look_at(recogniser: Recogniser, utterance: Utterance) -> Answer:
    """One utterance as the recogniser hears it; a transducer's probabilities are those along its best path."""
    if utterance.duration > LONGEST_SECONDS:
        hint = "give a manifest whose offset and duration name a shorter stretch"
        raise UsageError(f"`{utterance.id}` lasts {utterance.duration:.0f} s, too long for a picture", hint=hint)
    settings = recogniser.config.features
    waveform = read_audio(utterance.audio, settings.sample_rate, utterance.offset, utterance.duration or None,
                          utterance.channel)
    heard = forward_pass(recogniser, waveform)
    frames, bins = heard.log_features.shape
    best = greedy_decoder(joint_of(recogniser), recogniser.units).decode(heard.log_probs)[0]
    words, places, log_probs = best.words(recogniser.frame_seconds), None, heard.log_probs
    if recogniser.is_transducer:
        log_probs, places = spoken_log_probs(recogniser.network.transducer, log_probs, best.units.tolist(), best.starts)
    middle = window_samples(settings) / settings.sample_rate / 2
    # A frame of log-probs is centred on the middle of the feature frame where its stride begins.
    times = middle + recogniser.frame_seconds * np.arange(len(heard.log_probs))
    begin = middle - recogniser.frame_seconds / 2
    look = Look(
        title=utterance.id,
        log_power=heard.log_features * (1 if settings.kind in ("mfcc", "magnitude") else DECIBELS_PER_NAT),
        feature_times=middle + settings.hop_seconds * np.arange(frames),
        bin_labels=frequency_marks(settings, bins),
        bins="cepstral coefficient" if settings.kind == "mfcc" else "kHz",
        probabilities=np.exp(log_probs),
        times=times,
        units=recogniser.units.names,
        words=[TimedWord(word.word, word.start + begin, word.end + begin) for word in words],
        reference=utterance.text,
        seconds=len(waveform) / settings.sample_rate,
    )
    return Answer(look, heard, best.units, places)


def frequency_marks(settings: FeatureConfig, bins: int) -> list[tuple[float, str]]:
    """(position, label) of the frequency axis' marks: kHz, or the number of a coefficient."""
    if settings.kind == "mfcc":
        return [(at, str(at)) for at in range(0, bins, 10)]
    top = settings.sample_rate / 2
    marks = [hertz for hertz in _MARKS_HZ if hertz <= top]
    if settings.kind == "mel":
        mel = [np.log10(1 + hertz / 700) / np.log10(1 + top / 700) for hertz in marks]
        return [(share * (bins + 1) - 1, f"{hertz / 1000:g}") for share, hertz in zip(mel, marks, strict=True)]
    return [(hertz / top * (bins - 1), f"{hertz / 1000:g}") for hertz in marks if hertz % 1000 == 0]
