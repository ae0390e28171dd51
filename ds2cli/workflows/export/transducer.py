"""The files of a transducer beside its encoder's, and whether they say what it says."""

from pathlib import Path

import numpy as np
import torch

from ds2cli.decoding.transducer import greedy_decoder, joint_of
from ds2cli.model.recogniser import Recogniser
from ds2cli.text.units import BLANK


def beside(output: Path) -> list[Path]:
    """Where prediction network and joint layer go: a.onnx -> a.predictor.onnx, a.joint.onnx."""
    return [output.with_name(f"{output.stem}.{part}{output.suffix or '.onnx'}") for part in ("predictor", "joint")]


def write_beside(
    recogniser: Recogniser, places: list[Path], metadata: dict[str, str], speech: list[np.ndarray]
) -> float:
    """Write both, and return by how much at most they differ from the recogniser, in nats, along the best paths."""
    from ds2cli.model.exchange.onnx_transducer import onnx_parts

    for place, content in zip(places, onnx_parts(recogniser.network.transducer, metadata).values(), strict=True):
        place.write_bytes(content)
    return max(_difference(recogniser, frames, places) for frames in recogniser.log_probs(speech))


def _difference(recogniser: Recogniser, frames: np.ndarray, places: list[Path]) -> float:
    """At every place of the lattice that the best path of (T, J) frames passes."""
    from ds2cli.model.exchange.onnx_graph import open_graph
    from ds2cli.model.exchange.onnx_transducer import initial_state

    predictor, joint = map(open_graph, places)
    head = recogniser.network.transducer
    best = greedy_decoder(joint_of(recogniser), recogniser.units).decode(frames)[0]
    state, projected = initial_state(head, 1), []
    for label in (BLANK, *best.units.tolist()):
        answer, *after = predictor(labels=np.array([label]), **state)
        state = dict(zip(state, after, strict=True))
        projected.append(answer[0])
    counts = np.searchsorted(best.starts, np.arange(len(frames) + 1))  # labels before each frame
    times = np.repeat(np.arange(len(frames)), np.diff(counts) + 1)
    labels = np.arange(len(times)) - times  # after each label one place more in the same frame
    (found,) = joint(encoded=frames[times], projected=np.stack(projected)[labels])
    with torch.inference_mode():
        said = head.projected_labels(torch.from_numpy(best.units.astype(np.int64))[None])[0]
        expected = head.joint(torch.from_numpy(frames[times]), said[torch.from_numpy(labels)]).numpy()
    return float(np.abs(found - expected).max())
