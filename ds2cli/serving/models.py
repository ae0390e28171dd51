"""The models of a server by name, each with its network, its searches and the engine that batches its streams."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ds2cli.audio.features import window_samples
from ds2cli.decoding.live import LiveDecoder
from ds2cli.decoding.transducer import joint_of
from ds2cli.errors import UsageError
from ds2cli.inference.stream import Streams, needs_of_the_future
from ds2cli.inference.windowed import WindowedStreams
from ds2cli.model.checkpoint import checkpoint_path, is_shipped, load_checkpoint
from ds2cli.model.devices import usable_device
from ds2cli.model.quantised import load_for_decoding
from ds2cli.model.recogniser import Recogniser, load_recogniser
from ds2cli.serving.engine import Engine, Observer
from ds2cli.serving.logs import Log
from ds2cli.serving.metrics import Metrics
from ds2cli.text.written.record import Writer
from ds2cli.workflows.decode.decoder import open_decoder
from ds2cli.workflows.decode.request import DecodeRequest
from ds2cli.workflows.decode.writing import open_writer


@dataclass(frozen=True)
class ModelSource:
    """A model that is to be served, as a person named it."""

    name: str
    run: str
    lm: Path | None = None
    lexicon_file: Path | None = None
    greedy: bool = False
    overrides: dict[str, Any] = field(default_factory=dict)
    written: bool = False
    names: Path | None = None


@dataclass(frozen=True)
class Model:
    """A model that is served.

    listener    the network that hears uploads, as `ds2 decode` does
    decoder     reads log-probs; any number of threads at once
    engine      hears live streams
    language    an ISO 639 code where it is known, else empty
    is_windowed  the network needs the future: streams hear windows, and are later
    created     when its file was written, in seconds since 1970
    writer      makes texts what people write; None where they are as they are spoken
    """

    name: str
    listener: Recogniser
    decoder: Any
    engine: Engine
    metrics: Metrics
    language: str
    is_windowed: bool
    created: int
    writer: Writer | None = None

    @property
    def sample_rate(self) -> int:
        return self.listener.config.features.sample_rate

    @property
    def shortest(self) -> int:
        """Samples of the shortest recording that can be heard."""
        return window_samples(self.listener.config.features)


def by_name(sources: list[ModelSource]) -> dict[str, ModelSource]:
    """raises  UsageError where two models have one name"""
    found: dict[str, ModelSource] = {}
    for source in sources:
        if source.name in found:
            raise UsageError(f"two models are called `{source.name}`", hint="name one with: --model NAME=RUN")
        found[source.name] = source
    return found


def open_model(
    source: ModelSource, device: str, batch: int, beams: ThreadPoolExecutor, metrics: Metrics, log: Log, language: str
) -> Model:
    """A model, ready to hear.

    raises  Ds2Error where the run, its language model or its lexicon cannot be used
    """
    device = usable_device(device)
    request = DecodeRequest(source.run, [], source.lm, source.greedy, source.overrides or None,
                            beam_search=bool(source.overrides), lexicon_file=source.lexicon_file,
                            written=source.written, names=source.names)
    writer = open_writer(request)
    listener = load_for_decoding(source.run, device)
    # An int8 network has no state to carry: streams run the same weights in float32, as `ds2 decode --stream` does.
    is_int8 = load_checkpoint(source.run).form == "int8"
    recogniser = load_recogniser(source.run, device) if is_int8 else listener
    decoder = open_decoder(request, recogniser.units, _warner(log, source.name), joint_of(recogniser))
    needs = needs_of_the_future(recogniser.config)
    network = WindowedStreams(recogniser) if needs else Streams(recogniser)
    engine = Engine(
        network, lambda: LiveDecoder(decoder.start, recogniser.units, recogniser.frame_seconds),
        recogniser.config.features.sample_rate, batch, beams, _observer(metrics, log, source.name),
    )
    metrics.queue.labels(source.name).set_function(lambda: engine.waiting)
    created = int(checkpoint_path(source.run).stat().st_mtime)
    language = language or ("en" if is_shipped(source.run) else "")
    return Model(source.name, listener, decoder, engine, metrics, language, bool(needs), created, writer)


def _warner(log: Log, name: str) -> Callable[[str], None]:
    return lambda message: log("warning", "warning", model=name, message=message)


def _observer(metrics: Metrics, log: Log, name: str) -> Observer:
    def failed(problem: BaseException) -> None:
        metrics.failures.inc()
        log.bug(problem, model=name)

    return Observer(lambda streams, sound, wall, busy: metrics.passed(streams, sound, wall), failed)
