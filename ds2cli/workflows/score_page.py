"""The HTML report of a score: utterances with their recordings beside them, written whole or not at all."""

import base64
import os
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ds2cli.audio.members import member_of, open_recording
from ds2cli.errors import UsageError
from ds2cli.reporting.score_page import score_page
from ds2cli.scoring.choices import Sound
from ds2cli.scoring.report import Report
from ds2cli.whole_files import written_whole

TYPES = {".wav": "audio/wav", ".flac": "audio/flac", ".ogg": "audio/ogg", ".opus": "audio/ogg", ".mp3": "audio/mpeg",
         ".m4a": "audio/mp4"}
CONFUSIONS = 25
NOTES = ("speaker", "duration", "lang")


def write_page(report: Report, path: Path, sound: Sound = Sound.link) -> None:
    """Write the page.

    sound  link: players point to the recordings; embed: the page carries them; none: no players

    raises  UsageError where the page's folder does not exist or may not be written
    """
    source = report.settings["reference"]
    folder = Path.cwd() if source == "-" else Path(source).resolve().parent
    rows = []
    for row in report.all_aligned():
        record = row.pop("record")
        row["audio"] = _audio(record, folder, path, sound)
        row["notes"] = [f"{name} {record[name]}" for name in NOTES if record.get(name) not in (None, "")]
        row["groups"] = {name: report.labels(record, name) for name in report.by}
        rows.append(row)
    title = f"{report.settings['hypothesis']}: " + (
        "no reference words" if report.words.rate is None else f"WER {report.words.rate:.2f} %")
    page = score_page(title, report.summary(), report.confusion_table(CONFUSIONS), rows)
    with written_whole(path) as place:
        place.write_text(page, encoding="utf-8")


def _audio(record: dict[str, Any], folder: Path, page: Path, sound: Sound) -> str | None:
    """The address of an utterance's recording, seen from the page's folder; a part of it by its seconds."""
    named = record.get("audio_filepath")
    if not isinstance(named, str) or not named or sound == Sound.none:
        return None
    audio = folder / named
    if sound == Sound.link and member_of(audio):
        return None  # a browser cannot play out of a tar file
    start, duration = record.get("offset"), record.get("duration")
    part = ""
    if isinstance(start, (int, float)) and start and isinstance(duration, (int, float)):
        part = f"#t={start:.3f},{start + duration:.3f}"
    if sound == Sound.embed:
        try:
            content = base64.b64encode(open_recording(audio).read()).decode()
        except OSError as problem:
            hint = "--html-sound link writes their addresses without reading them"
            raise UsageError(f"cannot read `{audio}`: {problem.strerror}", hint=hint) from None
        return f"data:{TYPES.get(audio.suffix.lower(), 'application/octet-stream')};base64,{content}{part}"
    return quote(os.path.relpath(audio.resolve(), page.resolve().parent)) + part
