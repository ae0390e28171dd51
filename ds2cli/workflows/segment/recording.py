"""Hours of audio and their text to training utterances: listen, align, cut, judge (Amodei et al. 2016, section 5.1)."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from ds2cli.alignment.aligned import AlignedRecording, silent_units
from ds2cli.alignment.cutting import cut
from ds2cli.alignment.filter import Filter, read_filter
from ds2cli.alignment.path import HALVES
from ds2cli.alignment.recording import RecordingAlignment, align_recording
from ds2cli.alignment.settings import CutSettings
from ds2cli.alignment.spellings import choose_spellings
from ds2cli.alignment.trim_to_pauses import trim_to_pauses
from ds2cli.audio.channels import to_mono
from ds2cli.audio.files import read_samples, write_audio
from ds2cli.audio.layout import is_cut_short
from ds2cli.errors import AudioError, TextError, UsageError
from ds2cli.inference.utterances import infer_long
from ds2cli.io.atomic import make_folder
from ds2cli.model.recogniser import Recogniser
from ds2cli.records.jsonl import Record
from ds2cli.records.manifest import parse_channel
from ds2cli.text.lexicon import Lexicon, read_lexicon
from ds2cli.text.normalise import normaliser_for
from ds2cli.text.spelled_text import SpelledText, spell_text
from ds2cli.text.units import Units
from ds2cli.text.unspoken import Spoken
from ds2cli.workflows.segment.inputs import RecordingText
from ds2cli.workflows.segment.known_words import KnownWords
from ds2cli.workflows.segment.peaks import Peaks
from ds2cli.workflows.segment.records import describe_recording, describe_segments
from ds2cli.workflows.segment.work import WorkFolder, load_answer, save_answer, stamp

# Where more than this share of the words found no sound, or of the sound found no words, a person should look.
DOUBTFUL_SHARE = 0.5


@dataclass(frozen=True)
class SegmentSettings:
    """How recordings become segments, the same for all of a job.

    language    the normaliser of their texts; "auto" is the one that the model's units suggest
    filter      what judges segments; None is the one that ds2 brings
    threshold   of the filter's confidence; None is the filter's own
    extract     folder for a FLAC file of each segment; None leaves the sound where it is
    lexicon     how words are said in the model's units; None is the one that it comes with, if any
    """

    language: str
    cut: CutSettings = field(default_factory=CutSettings)
    filter: Path | None = None
    threshold: float | None = None
    extract: Path | None = None
    lexicon: Path | None = None


@dataclass
class SegmentedRecording:
    """One recording's segments, all of them, and what there is to say of it.

    segments   records; `keep` is the filter's verdict
    recording  see records.describe_recording; empty where there was a problem
    problem    why there are no segments
    doubt      what a person should look at, though there are
    """

    pair: RecordingText
    segments: list[Record] = field(default_factory=list)
    recording: dict[str, Any] = field(default_factory=dict)
    problem: str = ""
    doubt: str = ""

    @property
    def kept(self) -> list[Record]:
        return [segment for segment in self.segments if segment["keep"]]

    @property
    def placed(self) -> list[Record]:
        """The segments as they lie in the recording, extracted or not."""
        return [{**segment, **segment.get("source", {})} for segment in self.segments]


def segment_recording(
    pair: RecordingText, model: str, load: Callable[[], Recogniser], settings: SegmentSettings, work: WorkFolder,
    heard: Callable[[float, float], None] = lambda done, total: None,
) -> SegmentedRecording:
    """A recording and its text to segments; what an earlier call has left in the work folder is not done again.

    load    gives the model's recogniser, where it is needed
    raises  Ds2Error where the disk fills: that is no fault of the recording, and what is done stays
    """
    is_new = False
    try:
        if pair.problem:
            raise TextError(pair.problem)
        spoken = pair.read_text(KnownWords(model))
        judge = read_filter(settings.filter)
        if settings.threshold is not None:
            judge = replace(judge, threshold=settings.threshold)
        lexicon = stamp(str(settings.lexicon)) if settings.lexicon else ()
        place = work.answer(pair.audio, model, pair.id, pair.record, spoken.text, spoken.left_out,
                            asdict(settings.cut), settings.language, judge.to_json(), *lexicon)
        saved = load_answer(place)
        if saved is None:
            saved = _answer(pair, spoken, model, load(), settings, judge, work, heard)
            is_new = True
    except (AudioError, TextError, UsageError) as problem:
        return SegmentedRecording(pair, problem=str(problem))
    if is_new:
        save_answer(place, saved)
    answer = SegmentedRecording(pair, **saved)
    if is_cut_short(pair.audio):
        found = f"`{pair.id}` is cut short: its file lacks its end"
        answer = replace(answer, doubt=f"{answer.doubt}; {found}" if answer.doubt else found)
    if settings.extract:
        answer = replace(answer, segments=extract(answer.segments, settings.extract))
    return answer


def _answer(
    pair: RecordingText, spoken: Spoken, model: str, recogniser: Recogniser, settings: SegmentSettings, judge: Filter,
    work: WorkFolder, heard: Callable[[float, float], None],
) -> dict[str, Any]:
    lexicon = _read_lexicon(settings.lexicon, recogniser.units) if settings.lexicon else None
    transcript = transcribe(pair, spoken.text, recogniser, settings.language, lexicon)
    peaks = Peaks(recogniser.config.features.sample_rate)
    place = work.log_probs(pair.audio, model, pair.channel)
    log_probs = infer_long(recogniser, pair.audio, place, peaks.add, pair.channel, heard)
    alignment = align_recording(log_probs, transcript.labels, transcript.starts)
    if not alignment.matches:
        raise TextError(f"the text of `{pair.id}` is not what is said in `{pair.audio}`: "
                        f"{100 * alignment.explained:.0f} % of it was found there")
    if lexicon:
        transcript, alignment = said_as_heard(transcript, alignment, log_probs, lexicon)
    aligned = AlignedRecording(transcript, log_probs, alignment, recogniser.frame_seconds,
                               silent_units(recogniser.units))
    trimmed, given_up = trim_to_pauses(aligned, settings.cut.pause_seconds)
    segments, dropped = cut(trimmed, settings.cut)
    records = describe_segments(pair, segments, aligned, judge)
    recording = describe_recording(pair, aligned, alignment, records,
                                   sorted([*dropped, *given_up], key=lambda one: one.start))
    recording["not_said"] = dict(spoken.left_out)
    if not work.stays:
        place.unlink()
    return {"segments": records, "recording": {**recording, "peaks": peaks.shown()}, "doubt": doubts(recording)}


def said_as_heard(transcript: SpelledText, alignment: RecordingAlignment, log_probs: np.ndarray,
                  lexicon: Lexicon) -> tuple[SpelledText, RecordingAlignment]:
    """Each word in the one of its pronunciations that is heard where it lies, and the path of those."""
    spellings = [lexicon.spellings(word) for word in transcript.words]
    heard = choose_spellings(transcript, alignment, log_probs, spellings, HALVES)
    if np.array_equal(heard.labels, transcript.labels):
        return transcript, alignment
    return heard, align_recording(log_probs, heard.labels, heard.starts)


def transcribe(
    pair: RecordingText, text: str, recogniser: Recogniser, language: str, lexicon: Lexicon | None
) -> SpelledText:
    """The pair's text as the model spells it, or a lexicon says it.

    raises  TextError where nothing is left of it
    """
    where = f"`{pair.text_file}`" if pair.text_file else f"the text of `{pair.id}`"
    if not text.strip():
        raise TextError(f"{where} is empty")
    language = normaliser_for(recogniser.units, lexicon) if language == "auto" else language
    transcript = spell_text(text, recogniser.units, language, lexicon)
    if not transcript.words:
        raise TextError(f"{where} holds nothing that the model's units spell")
    return transcript


@cache
def _read_lexicon(path: Path, units: Units) -> Lexicon:
    """Once for all of a job's recordings."""
    return read_lexicon(path, units)


def doubts(recording: dict[str, Any]) -> str:
    """What a person should look at, in words; empty where most of the text is kept and most of the speech is text."""
    found = []
    missing = 1 - recording["aligned_words"] / recording["words"]
    if missing > DOUBTFUL_SHARE:
        found.append(f"{100 * missing:.0f} % of its text was not found in the sound")
    elif (left_out := 1 - recording["kept_words"] / recording["words"]) > DOUBTFUL_SHARE:
        found.append(f"{100 * left_out:.0f} % of its words are in no kept segment ({lost_words(recording)})")
    unwritten = recording["unwritten_seconds"] / max(recording["seconds"], 1e-9)
    if unwritten > DOUBTFUL_SHARE:
        found.append(f"{100 * unwritten:.0f} % of the sound is not in its text")
    return f"`{recording['id']}`: {' and '.join(found)}" if found else ""


def lost_words(recording: dict[str, Any]) -> str:
    """The words that are in no kept segment, by what became of them: "3 not heard, 20 dropped (no pause ...)"."""
    unheard = sum(one["words"] for one in recording["unspoken"])
    reasons = ", ".join(dict.fromkeys(one["reason"] for one in recording["dropped"]))
    parts = [(unheard, "not heard"), (recording["dropped_words"], f"dropped: {reasons}"),
             (recording["rejected_words"], "rejected by the filter")]
    return "; ".join(f"{count:,} {what}" for count, what in parts if count)


def extract(segments: list[Record], folder: Path) -> list[Record]:
    """The kept segments as FLAC files of their own, at the rate of their recording; those that exist are kept."""
    make_folder(folder)
    out = []
    for segment in segments:
        if segment["keep"]:
            channel = parse_channel(segment.get("channel"))
            path = folder / f"{segment['id']}.flac"
            if not path.exists():
                samples, rate = read_samples(segment["audio_filepath"], segment["offset"], segment["duration"])
                if channel is not None:
                    samples = to_mono(samples, segment["audio_filepath"], channel)
                beside = path.with_name(f".{path.name}")
                write_audio(beside, samples, rate)
                beside.replace(path)
            source = {name: segment[name] for name in ("audio_filepath", "offset", "channel") if name in segment}
            segment.pop("channel", None)
            segment = {**segment, "audio_filepath": str(path.resolve()), "offset": 0.0, "source": source}
        out.append(segment)
    return out
