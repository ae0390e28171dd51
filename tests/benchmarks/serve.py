"""ds2 serve under load: speakers at their own speed over real sockets, and recordings that are uploaded.

    python tests/benchmarks/serve.py RUN MANIFEST [--speakers 1 10 20 30 60] [--batch 32 1] [--seconds 25] [-- FLAGS]

One JSON line for each figure. The server is a process of its own with one thread on the first processor; this one
sends from the others. Every speaker says one utterance of the manifest after another, each over a new WebSocket, in
chunks of 80 ms as they would be spoken; FLAGS go to `ds2 serve`.

partial  from the sending of a chunk to the first record that has heard it
final    from the sending of the end of the sound to the last record
cpu      of the server, for each second that one speaker spoke
uploads  by twelve clients: hours of sound in a minute of the processor, and the same by `ds2 decode`, both without what
         starting costs

The paper's table (Amodei et al. 2016, section 7.1, Batch Dispatch, one K1200; quoted from memory): 10 streams 44 and
70 ms (median, 98th percentile), 20 streams 48 and 86 ms, 30 streams 67 and 114 ms.
"""

import argparse
import asyncio
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
import torch
import websockets

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]  # the tree that this file is in, not an installed one

from servers import Server, cpu_seconds, pcm  # noqa: E402

from ds2cli.audio.files import read_audio, write_audio  # noqa: E402
from ds2cli.inference.stream import Streams, algorithmic_latency, needs_of_the_future  # noqa: E402
from ds2cli.inference.windowed import WindowedStreams, windowed_latency  # noqa: E402
from ds2cli.model.recogniser import load_recogniser  # noqa: E402
from ds2cli.records.manifest import read_manifest  # noqa: E402

RATE, CHUNK = 16000, 0.08
LONGEST = 20.0  # seconds of an utterance
PAPER = {10: (44, 70), 20: (48, 86), 30: (67, 114)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run")
    parser.add_argument("manifest", type=Path)
    parser.add_argument("--speakers", type=int, nargs="+", default=[1, 10, 20, 30, 60])
    parser.add_argument("--batch", type=int, nargs="+", default=[32, 1])
    parser.add_argument("--seconds", type=float, default=25.0, help="of each measurement")
    parser.add_argument("--uploads", type=float, default=10.0, help="minutes of sound that are uploaded; 0: none")
    parser.add_argument("flags", nargs="*", help="behind --: flags of ds2 serve")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, cores[1:] or cores)
    speech = Speech(asked.run, asked.manifest)
    print(json.dumps({"bench": "network", "algorithmic_latency": round(speech.latency, 3), "chunk": CHUNK,
                      "load": [round(one, 1) for one in os.getloadavg()]}), flush=True)
    for batch in asked.batch:
        with Server(asked.run, "--batch", batch, "--max-streams", 200, *asked.flags, core=cores[0]) as server:
            asyncio.run(talk(server, speech, 1, 5.0))  # the first pass is slower than all others
            for n_speakers in asked.speakers:
                print(json.dumps({"bench": "streams", "batch": batch, "speakers": n_speakers,
                                  **measured(server, speech, n_speakers, asked.seconds)}), flush=True)
    if asked.uploads:
        for line in uploads(asked, speech, cores[0]):
            print(json.dumps(line), flush=True)


class Speech:
    """Utterances, and how many frames of each the network can answer after each chunk."""

    def __init__(self, run: str, manifest: Path) -> None:
        recogniser = load_recogniser(run, "cpu")
        windowed = bool(needs_of_the_future(recogniser.config))
        self.latency = (windowed_latency if windowed else algorithmic_latency)(recogniser.config)
        self.paths = [one.audio for one in read_manifest(manifest) if 2 < one.duration < LONGEST]
        self.sounds = [pcm(path, RATE) for path in self.paths]  # read before the clocks run
        self._frame_seconds = recogniser.frame_seconds
        network = (WindowedStreams if windowed else Streams)(recogniser)
        place, self._answered = network.start(), []
        chunk = np.zeros(round(CHUNK * recogniser.config.features.sample_rate), np.float32)
        with torch.inference_mode():
            for _ in range(int(LONGEST / CHUNK) + 1):
                before = self._answered[-1] if self._answered else 0
                self._answered.append(before + len(network.accept([place], [chunk])[0]))

    def chunk_of(self, end: float) -> int:
        """The number of the chunk that completed the frame before `end` (seconds)."""
        return int(np.searchsorted(self._answered, round(end / self._frame_seconds)))


class Heard:
    """What one measurement saw: seconds from chunks to partials, from ends to finals; seconds of speech."""

    def __init__(self) -> None:
        self.partial: list[float] = []
        self.final: list[float] = []
        self.spoken = self.most_late = 0.0
        self.refused = 0


def measured(server: Server, speech: Speech, n_speakers: int, seconds: float) -> dict:
    """Latencies in ms and the server's processor time."""
    before = cpu_seconds(server.pid)
    heard = asyncio.run(talk(server, speech, n_speakers, seconds))
    busy = cpu_seconds(server.pid) - before
    line = {"partial_ms": percentiles(heard.partial), "final_ms": percentiles(heard.final),
            "records": len(heard.partial), "ends": len(heard.final),
            "cpu_per_second": round(busy / max(heard.spoken, 1e-9), 4), "sender_late_ms": round(1000 * heard.most_late),
            "refused": heard.refused}
    return line | ({"paper_ms": PAPER[n_speakers]} if n_speakers in PAPER else {})


def percentiles(seconds: list[float]) -> list[int]:
    """Median and 98th percentile in ms."""
    return [round(1000 * float(one)) for one in np.percentile(seconds, [50, 98])] if seconds else []


async def talk(server: Server, speech: Speech, n_speakers: int, seconds: float) -> Heard:
    """So many speak for so long; who has begun an utterance ends it."""
    heard, until = Heard(), time.monotonic() + seconds
    draws = [random.Random(number) for number in range(n_speakers)]
    await asyncio.gather(*(speaker(server, speech, draw, until, heard) for draw in draws))
    return heard


async def speaker(server: Server, speech: Speech, draw: random.Random, until: float, heard: Heard) -> None:
    await asyncio.sleep(draw.random() * 2)  # nobody begins at the same moment
    while time.monotonic() < until:
        sound = draw.choice(speech.sounds)
        try:
            await say(server, speech, sound, heard, until + 30)
        except (websockets.WebSocketException, OSError):
            heard.refused += 1
            await asyncio.sleep(1)


async def say(server: Server, speech: Speech, sound: bytes, heard: Heard, until: float) -> None:
    """One utterance at its own speed."""
    size, sent = round(CHUNK * RATE) * 2, []
    async with websockets.connect(server.address("/v1/stream", "ws"), max_queue=None) as socket:
        await socket.send(json.dumps({"sample_rate": RATE, "format": "s16le", "partials": True}))
        listening = asyncio.create_task(listen(socket, speech, sent, heard))
        begin = time.monotonic()
        for number, at in enumerate(range(0, len(sound), size), 1):
            due = begin + number * CHUNK
            await asyncio.sleep(max(due - time.monotonic(), 0))
            heard.most_late = max(heard.most_late, time.monotonic() - due)
            sent.append(time.monotonic())
            await socket.send(sound[at : at + size])
        heard.spoken += len(sound) / 2 / RATE
        ended = time.monotonic()
        await socket.send('{"eof": 1}')
        last = await asyncio.wait_for(listening, max(until - ended, 5))
        if last > ended:
            heard.final.append(last - ended)


async def listen(socket: websockets.ClientConnection, speech: Speech, sent: list[float], heard: Heard) -> float:
    """When the last final record came."""
    last = 0.0
    async for text in socket:
        now, record = time.monotonic(), json.loads(text)
        if record.get("event") == "partial":
            number = speech.chunk_of(record["end"])
            if number < len(sent):
                heard.partial.append(now - sent[number])
        elif record.get("event") == "final":
            last = now
    return last


def uploads(asked: argparse.Namespace, speech: Speech, core: int) -> list[dict]:
    """Speed of uploads and of `ds2 decode`, by utterance and as one recording."""
    paths, lengths = [], 0.0
    for path in speech.paths:
        if lengths < asked.uploads * 60:
            paths.append(str(path))
            lengths += len(read_audio(path, RATE)) / RATE
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "whole.wav"
        write_audio(whole, np.concatenate([read_audio(path, RATE) for path in paths]), RATE)
        lines = []
        for name, files in {"utterances": paths, "one recording": [str(whole)]}.items():
            with Server(asked.run, *asked.flags, core=core) as server:
                send(server, paths[:12])  # what is slower once
                served = spent(lambda: cpu_seconds(server.pid), lambda files=files: send(server, files))  # noqa: B023
            alone = decode_seconds(asked, files, core) - decode_seconds(asked, paths[:1], core)
            speed, reference = (lengths / 60 / seconds for seconds in (served, alone))
            lines.append({"bench": "uploads", "of": name, "minutes": round(lengths / 60, 1),
                          "served": round(speed, 2), "decode": round(reference, 2), "unit": "hours a CPU minute",
                          "ratio": round(speed / reference, 3)})
        return lines


def send(server: Server, paths: list[str]) -> None:
    """Twelve at a time."""
    with httpx.Client(timeout=600) as client, ThreadPoolExecutor(12) as clients:

        def post(path: str) -> None:
            with open(path, "rb") as file:
                answer = client.post(server.address("/v1/audio/transcriptions"), files={"file": file})
            answer.raise_for_status()

        list(clients.map(post, paths))


def spent(clock: Callable[[], float], work: Callable[[], None]) -> float:
    before = clock()
    work()
    return clock() - before


def decode_seconds(asked: argparse.Namespace, files: list[str], core: int) -> float:
    """Processor seconds of `ds2 decode` with the server's flags."""
    command = [sys.executable, "-m", "ds2cli", "decode", asked.run, *files, *asked.flags]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT,
                   env={**os.environ, "OMP_NUM_THREADS": "1"}, preexec_fn=lambda: os.sched_setaffinity(0, {core}))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
