"""`ds2 doctor`: what this machine has and what works on it, tried rather than believed."""

import importlib
import math
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from importlib import metadata
from pathlib import Path

from ds2cli import __version__
from ds2cli.errors import Ds2Error
from ds2cli.io.cache import cache_folder

REQUIRED = ("torch", "numpy", "soundfile", "soxr", "safetensors", "typer", "rich", "matplotlib", "num2words")
# By the extra that brings them: pip install 'ds2cli[serve]'.
OPTIONAL = {"av": "av", "onnx": "export", "onnxruntime": "export", "sentencepiece": "pieces", "pypinyin": "mandarin",
            "aiohttp": "cloud", "starlette": "serve", "uvicorn": "serve", "tensorboard": "tensorboard",
            "lhotse": "lhotse"}  # fmt: skip
AUDIO = {"wav": True, "flac": True, "ogg": False, "opus": False, "mp3": False}  # whether it is essential
SAMPLE_RATE = 16_000
# Lossy codecs keep the level of a tone, not its samples.
LEVEL_TOLERANCE = 0.2
# From here up, products in bf16 make a step on a CPU faster: LSTMs gain a third where products gain four times.
WORTHWHILE = 2.0


@dataclass(frozen=True)
class Probe:
    """One line of the report.

    essential  a recogniser cannot be trained or used where this is not ok
    """

    section: str
    name: str
    value: str
    ok: bool = True
    essential: bool = False

    def as_record(self) -> dict[str, str | bool]:
        return asdict(self)


def examine() -> Iterator[Probe]:
    """Everything a bug report should say, in order."""
    yield from _system()
    yield from _packages()
    yield from _devices()
    yield from _audio()
    yield from _language_models()
    yield from _disk()


def is_fit(findings: list[Probe]) -> bool:
    """Whether everything essential works."""
    return all(finding.ok for finding in findings if finding.essential)


def as_table(findings: list[Probe]) -> str:
    """Aligned text for a bug report: a section at a time, `FAILED` and `missing` where something is not ok."""
    width = max(len(finding.name) for finding in findings)
    lines: list[str] = []
    section = ""
    for finding in findings:
        if finding.section != section:
            lines += ["", finding.section] if lines else [finding.section]
            section = finding.section
        mark = "" if finding.ok else "FAILED  " if finding.essential else "(not ok)  "
        lines.append(f"  {finding.name:<{width}}  {mark}{finding.value}")
    return "\n".join(lines)


def _system() -> Iterator[Probe]:
    def say(name: str, value: str) -> Probe:
        return Probe("system", name, value)

    yield say("ds2", f"{__version__} in {Path(__file__).parent.parent}")
    yield say("python", f"{platform.python_version()} ({platform.python_implementation()}) {sys.executable}")
    yield say("platform", platform.platform())
    yield say("processors", f"{os.cpu_count()}, {len(os.sched_getaffinity(0))} for this process"
              if hasattr(os, "sched_getaffinity") else f"{os.cpu_count()}")  # fmt: skip
    yield say("memory", _memory())
    yield say("encoding", f"stdout {sys.stdout.encoding}, files {sys.getfilesystemencoding()}")


def _memory() -> str:
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return "unknown"
    return f"{total / 2**30:.1f} GiB"


def _packages() -> Iterator[Probe]:
    for name in (*REQUIRED, *OPTIONAL):
        essential = name in REQUIRED
        try:
            version = metadata.version(name)
        except metadata.PackageNotFoundError:
            cure = f"missing; pip install {name}" if essential else f"optional; pip install 'ds2cli[{OPTIONAL[name]}]'"
            yield Probe("packages", name, cure, not essential, essential)
            continue
        if not essential:
            yield Probe("packages", name, version)
            continue
        # A wheel for another machine installs and does not import.
        yield _tried("packages", name, partial(_import, name, version), essential=True)


def _import(name: str, version: str) -> str:
    importlib.import_module(name)
    return version


def _devices() -> Iterator[Probe]:
    try:
        import torch
    except ImportError:
        return
    for index in range(torch.cuda.device_count()):
        card = torch.cuda.get_device_properties(index)
        yield Probe("devices", f"cuda:{index}", f"{card.name}, {card.total_memory / 2**30:.1f} GiB, "
                      f"bf16 {'yes' if torch.cuda.is_bf16_supported() else 'no'}")  # fmt: skip
    if not torch.cuda.is_available():
        built = f"torch is built for CUDA {torch.version.cuda}" if torch.version.cuda else "torch is a CPU build"
        yield Probe("devices", "cuda", f"none ({built})")
    vectors = torch.backends.cpu.get_cpu_capability()
    yield Probe("devices", "cpu", f"{vectors}, {torch.get_num_threads()} threads in torch")
    speeds = {name: _products(dtype) for name, dtype in (("float32", torch.float32), ("bf16", torch.bfloat16))}
    said = ", ".join(f"{name} {speed:.0f} GFLOP/s" for name, speed in speeds.items())
    advice = "; train with --set train.precision=bf16" if speeds["bf16"] > WORTHWHILE * speeds["float32"] else ""
    yield Probe("devices", "matrix products", f"{said} on one thread{advice}")
    for name in ("OMP_NUM_THREADS", "OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "CUDA_VISIBLE_DEVICES"):
        yield Probe("devices", name, os.environ.get(name, "not set"))
    yield _tried("devices", "network", _network_steps, essential=True)


def _products(dtype) -> float:
    """10^9 operations a second in the matrix product of a layer of 512 LSTM cells, on one thread; the best of many."""
    import torch

    left, right = torch.randn(256, 512).to(dtype), torch.randn(2048, 512).to(dtype)
    threads, seconds = torch.get_num_threads(), []
    torch.set_num_threads(1)
    for _ in range(20):
        began = time.perf_counter()
        torch.nn.functional.linear(left, right)
        seconds.append(time.perf_counter() - began)
    torch.set_num_threads(threads)
    return 2 * 256 * 512 * 2048 / min(seconds) / 1e9


def _network_steps() -> str:
    """A step of CTC through a small layer: what a broken torch, MKL or OpenMP fails at."""
    import torch

    torch.manual_seed(0)
    layer = torch.nn.LSTM(8, 4)
    log_probs = layer(torch.randn(20, 1, 8))[0].log_softmax(-1)
    loss = torch.nn.functional.ctc_loss(log_probs, torch.tensor([[1, 2, 2]]), torch.tensor([20]), torch.tensor([3]))
    loss.backward()
    if not math.isfinite(loss.item()):
        raise ArithmeticError("the loss is not finite")
    return "a step of an LSTM under CTC works"


def _audio() -> Iterator[Probe]:
    try:
        from ds2cli.audio import ffmpeg
        from ds2cli.audio.files import library_version
    except (ImportError, OSError) as problem:
        yield Probe("audio", "libsndfile", str(problem), ok=False, essential=True)
        return
    yield Probe("audio", "libsndfile", library_version())
    reader = ffmpeg.reader()
    read = f"read by {reader}" if reader else "not read; pip install 'ds2cli[av]'"
    yield Probe("audio", "m4a, mp4, webm", read)
    for suffix, essential in AUDIO.items():
        yield _tried("audio", suffix, partial(_writes_and_reads, suffix), essential)


def _writes_and_reads(suffix: str) -> str:
    """A second of a 440 Hz tone to a file and back."""
    import numpy as np

    from ds2cli.audio.files import read_audio, read_info, write_audio

    tone = 0.5 * np.sin(2 * np.pi * 440 / SAMPLE_RATE * np.arange(SAMPLE_RATE)).astype(np.float32)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"tone.{suffix}"
        write_audio(path, tone, SAMPLE_RATE)
        size, info = path.stat().st_size, read_info(path)
        heard = read_audio(path, SAMPLE_RATE)
    level = float(np.sqrt(np.mean(heard**2)) / np.sqrt(np.mean(tone**2)))
    if abs(level - 1) > LEVEL_TOLERANCE or abs(info.seconds - 1) > LEVEL_TOLERANCE:
        raise ArithmeticError(f"a second of sound comes back {info.seconds:.2f} s long and {level:.2f} times as loud")
    return f"written and read, {size:,} bytes for a second"


def _language_models() -> Iterator[Probe]:
    from ds2cli.language import selftest

    def answer() -> str:
        found = selftest.kernel_scores()
        if not math.isclose(found, selftest.LOG10_PROB, abs_tol=1e-5):
            raise ArithmeticError(f"{found} where {selftest.LOG10_PROB} is right")
        return "scores as it should"

    yield _tried("language models", "compiled kernels", answer, essential=True)


def _disk() -> Iterator[Probe]:
    for name, folder in {"cache": cache_folder(), "temporary": Path(tempfile.gettempdir()), "here": Path.cwd()}.items():
        there = next(parent for parent in (folder, *folder.parents) if parent.exists())
        writable = os.access(there, os.W_OK)
        free = f"{shutil.disk_usage(there).free / 2**30:.1f} GiB free"
        yield Probe("disk", name, f"{folder}, {free}{'' if writable else ', not writable'}", writable)


def _tried(section: str, name: str, attempt: Callable[[], str], essential: bool) -> Probe:
    """What an attempt says, or how it failed."""
    try:
        return Probe(section, name, attempt(), essential=essential)
    except (ImportError, OSError, ArithmeticError, RuntimeError, Ds2Error) as problem:
        reason = " ".join(str(problem).split())[:160]
        return Probe(section, name, f"{type(problem).__name__}: {reason}", ok=False, essential=essential)
