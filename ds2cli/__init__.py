"""ds2: speech recognition, after Deep Speech 2 (Amodei et al. 2016, arXiv:1512.02595), from the shell and from Python.

    import ds2cli

    recogniser = ds2cli.load("english")
    print(recogniser.transcribe("talk.wav").text)

Everything else waits until it is asked for: `import ds2cli` loads neither torch nor numpy. See docs/python.md.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ds2cli.errors import Ds2Error

if TYPE_CHECKING:
    from ds2cli.api.live import LiveTranscriber as LiveTranscriber
    from ds2cli.api.live import Said as Said
    from ds2cli.api.texts import Alignment as Alignment
    from ds2cli.api.texts import Segmentation as Segmentation
    from ds2cli.api.texts import align as align
    from ds2cli.api.texts import normalise as normalise
    from ds2cli.api.texts import score as score
    from ds2cli.api.texts import segment as segment
    from ds2cli.api.texts import written as written
    from ds2cli.api.transcriber import Transcriber as Transcriber
    from ds2cli.api.transcriber import Transcript as Transcript
    from ds2cli.api.transcriber import load as load
    from ds2cli.language.model import NgramModel as NgramModel

__version__ = "0.2.0"

_HOMES = {
    "load": "api.transcriber",
    "Transcriber": "api.transcriber",
    "Transcript": "api.transcriber",
    "LiveTranscriber": "api.live",
    "Said": "api.live",
    "align": "api.texts",
    "Alignment": "api.texts",
    "segment": "api.texts",
    "Segmentation": "api.texts",
    "score": "api.texts",
    "normalise": "api.texts",
    "written": "api.texts",
    "NgramModel": "language.model",
}
__all__ = ["Ds2Error", *_HOMES]  # noqa: PLE0604


def __getattr__(name: str) -> Any:
    """A public name from its module, when it is first asked for (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module 'ds2cli' has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f"ds2cli.{_HOMES[name]}"), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
