"""The HTML report of a score: utterances with their recordings beside them, written whole or not at all."""

from pathlib import Path
from typing import Any

from ds2cli.io.atomic import atomic_text
from ds2cli.io.urls import UrlFolder, folder_of
from ds2cli.reporting.choices import Sound
from ds2cli.reporting.score_page import score_page
from ds2cli.reporting.score_table import UNITS
from ds2cli.scoring.report import Report, is_finite
from ds2cli.workflows.page_sound import sound_address

CONFUSIONS = 25
NOTES = ("speaker", "duration", "lang")


def write_score_page(report: Report, path: Path, sound: Sound = Sound.link) -> None:
    """Write the page.

    sound  link: players point to the recordings; embed: the page carries them; none: no players

    raises  UsageError where the page's folder does not exist or may not be written
    """
    source = report.settings["reference"]
    folder = folder_of(source)
    rows = []
    for row in report.all_aligned():
        record = row.pop("record")
        row["audio"] = _audio(record, folder, path, sound)
        row["notes"] = [f"{name} {record[name]}" for name in NOTES
                        if record.get(name) not in (None, "") and is_finite(record[name])]
        row["groups"] = {name: report.labels(record, name) for name in report.by}
        rows.append(row)
    title = f"{report.settings['hypothesis']}: " + (
        f"no reference {UNITS[report.rate_name]}" if report.words.rate is None
        else f"{report.rate_name} {report.words.rate:.2f} %")
    page = score_page(title, report.summary(), report.confusion_table(CONFUSIONS), rows)
    with atomic_text(path) as stream:
        stream.write(page)


def _audio(record: dict[str, Any], folder: Path | UrlFolder, page: Path, sound: Sound) -> str | None:
    """The address of an utterance's recording; a part of it by its seconds."""
    named = record.get("audio_filepath")
    if not isinstance(named, str) or not named:
        return None
    start, duration = record.get("offset"), record.get("duration")
    address = sound_address(folder / named, page, sound)
    are_numbers = all(isinstance(time, (int, float)) and is_finite(time) for time in (start, duration))
    if address and are_numbers and start:
        return f"{address}#t={start:.3f},{start + duration:.3f}"
    return address
