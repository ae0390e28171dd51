"""Where the players of a page find their sound: beside the page, or in it."""

import base64
import os
from pathlib import Path
from urllib.parse import quote

from ds2cli.audio.tar_members import member_of, open_recording
from ds2cli.errors import UsageError
from ds2cli.io.text import called
from ds2cli.io.urls import url_of
from ds2cli.reporting.choices import Sound

TYPES = {".wav": "audio/wav", ".flac": "audio/flac", ".ogg": "audio/ogg", ".opus": "audio/ogg", ".mp3": "audio/mpeg",
         ".m4a": "audio/mp4"}


def sound_address(audio: Path | str, page: Path, sound: Sound) -> str | None:
    """The address of a recording, seen from the page's folder; the recording itself where it is embedded.

    raises  UsageError where a recording that should be embedded cannot be read
    """
    if sound == Sound.none or (sound == Sound.link and member_of(audio)):
        return None  # a browser cannot play out of a tar file
    if sound == Sound.embed:
        try:
            content = base64.b64encode(open_recording(audio).read()).decode()
        except OSError as problem:
            hint = "--html-sound link writes their addresses without reading them"
            raise UsageError(f"cannot read {called(audio)}: {problem.strerror}", hint=hint) from None
        return f"data:{TYPES.get(Path(audio).suffix.lower(), 'application/octet-stream')};base64,{content}"
    return url_of(audio) or quote(os.path.relpath(Path(audio).resolve(), page.resolve().parent))
