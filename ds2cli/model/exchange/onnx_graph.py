"""The recogniser as an ONNX graph, written node by node: waveforms in, log-probs out, any batch, any length.

Node by node, because torch's exporter unrolls what it cannot translate (GRU, both rectifiers) to the length of its
example. ONNX's own LSTM, GRU and RNN run each utterance backwards within its own length, which is what
`reversed_within` does here, and its RNN clips before the rectifier, which is the paper's min(max(x, 0), 20).
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor

from ds2cli.audio.features import (
    FLOOR,
    INT16_SCALE,
    SILENT,
    Frontend,
    hop_samples,
    margin,
    prior_frames,
    window_samples,
)
from ds2cli.model.encoder.layers import CLIP, FullyConnected, MaskedConvolution, all_of
from ds2cli.model.encoder.recurrent import Direction, RecurrentLayer
from ds2cli.model.fold_batch_norm import Matrices, folded_convolution, folded_linear, folded_recurrence, scale_and_shift
from ds2cli.model.network import Network
from ds2cli.model.recogniser import Recogniser

OPSET, IR_VERSION = 17, 8  # of 2022: runtimes of any age read them
# Gates in ONNX's order, as places in torch's: LSTM in, out, forget, cell; GRU update, reset, new.
GATE_ORDER = {"lstm": (0, 3, 1, 2), "gru": (1, 0, 2), "rnn": (0,), "relu": (0,)}
OPERATORS: dict[str, tuple[str, dict[str, Any]]] = {
    "lstm": ("LSTM", {}),
    "gru": ("GRU", {"linear_before_reset": 1}),
    "relu": ("RNN", {"activations": ["Relu"]}),
    "rnn": ("RNN", {"activations": ["Relu"], "clip": CLIP}),
}


class Graph:
    """Nodes and constants as they are added; each is known by the name that `add` and `constant` return."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, value: Tensor | np.ndarray | float | list[int]) -> str:
        """Plain numbers become float32 or int64; arrays stay what they are."""
        if isinstance(value, Tensor):
            array = value.detach().cpu().numpy()
        elif isinstance(value, np.ndarray):
            array = value
        else:
            array = np.asarray(value, np.float32 if isinstance(value, float) else np.int64)
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(array), f"constant_{len(self.constants)}"))
        return self.constants[-1].name

    def add(self, operator: str, *inputs: Any, **attributes: Any) -> str:
        """A node; inputs are names, or values that become constants."""
        names = [one if isinstance(one, str) else self.constant(one) for one in inputs]
        output = f"{operator.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, names, [output], name=output, **attributes))
        return output

    def size(self, x: str, axis: int) -> str:
        """A scalar: how long x is along an axis."""
        return self.add("Gather", self.add("Shape", x), axis)

    def mask(self, lengths: str, n: str) -> str:
        """(B,) lengths -> (B, n) float: 1 where a frame is real."""
        steps = self.add("Range", 0, n, 1)
        return self.add("Cast", self.add("Less", steps, self.add("Unsqueeze", lengths, [1])), to=TensorProto.FLOAT)


Shape = list[str | int]


def floats(name: str, shape: Shape) -> onnx.ValueInfoProto:
    """An input or output of float32."""
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def integers(name: str, shape: Shape) -> onnx.ValueInfoProto:
    """An input or output of int64."""
    return helper.make_tensor_value_info(name, TensorProto.INT64, shape)


def model_of(
    graph: Graph, inputs: list[onnx.ValueInfoProto], outputs: dict[str, onnx.ValueInfoProto], metadata: dict[str, str]
) -> onnx.ModelProto:
    """A graph as a model that is whole.

    outputs  by the name that they have in the graph
    """
    for found, wanted in outputs.items():
        graph.nodes.append(helper.make_node("Identity", [found], [wanted.name]))
    whole = helper.make_graph(graph.nodes, "ds2", inputs, list(outputs.values()), graph.constants)
    model = helper.make_model(whole, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="ds2")
    model.ir_version = IR_VERSION
    helper.set_model_props(model, metadata)
    onnx.checker.check_model(model)
    return model


def onnx_model(recogniser: Recogniser, metadata: dict[str, str]) -> onnx.ModelProto:
    """Inputs `waveforms` (B, samples) float and `lengths` (B,) int64; outputs `log_probs` (B, T', V), `frames` (B,).

    Of a transducer this is the encoder: instead of `log_probs` it has `encoded` (B, T', J), as the joint layer adds it.
    """
    graph = Graph()
    features, frames = _features(graph, recogniser.frontend)
    answers, frames = _network(graph, recogniser.network, features, frames)
    name = "encoded" if recogniser.is_transducer else "log_probs"
    return model_of(
        graph, [floats("waveforms", ["batch", "samples"]), integers("lengths", ["batch"])],
        {answers: floats(name, ["batch", "time", recogniser.readout_size]), frames: integers("frames", ["batch"])},
        metadata,
    )  # fmt: skip


def open_onnx(path: Path) -> Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """A file of ours under onnxruntime: (B, samples) and (B,) lengths -> (B, T', V) log-probs and (B,) frames."""
    run = open_graph(path)

    def answer(waveforms: np.ndarray, lengths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        log_probs, frames = run(waveforms=waveforms, lengths=lengths)
        return log_probs, frames

    return answer


def open_graph(path: Path) -> Callable[..., tuple[np.ndarray, ...]]:
    """A file of ours under onnxruntime: inputs by name -> its outputs in order."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return lambda **inputs: tuple(session.run(None, inputs))


def _features(graph: Graph, frontend: Frontend) -> tuple[str, str]:
    """`Frontend.forward`: names of (B, T, F) standardised features and (B,) frames."""
    settings = frontend.settings
    window, hop = window_samples(settings), hop_samples(settings)
    missing = graph.add("Max", graph.add("Sub", window, graph.size("waveforms", 1)), 0)
    padding = graph.add("Concat", [0, 0, 0], graph.add("Reshape", missing, [1]), axis=0)
    # Doubles: runtimes add up one by one, and in float32 the energy of 16 s of speech was so far off that log-probs
    # moved by 4e-4.
    waveforms = graph.add("Cast", graph.add("Pad", "waveforms", padding), to=TensorProto.DOUBLE)
    if settings.normalise_power:
        energy = graph.add("ReduceSum", graph.add("Mul", waveforms, waveforms), [1])
        samples = graph.add("Cast", graph.add("Max", "lengths", 1), to=TensorProto.DOUBLE)
        power = graph.add("Div", energy, graph.add("Unsqueeze", samples, [1]))
        waveforms = graph.add("Div", waveforms, graph.add("Sqrt", graph.add("Max", power, np.array(1e-10))))
    if settings.kind == "magnitude":
        waveforms = _mirrored(graph, waveforms, margin(settings))
    squares = _squared_waves(graph, waveforms, frontend)
    power = graph.add("ReduceSum", squares, [2], keepdims=0)
    if settings.kind == "magnitude":
        scale = INT16_SCALE * float(frontend.window.double().square().sum().sqrt())
        magnitude = graph.add("Mul", graph.add("Sqrt", power), np.array(scale))
        logarithm = graph.add("Log", graph.add("Add", magnitude, np.array(1.0)))
        features = graph.add("Cast", logarithm, to=TensorProto.FLOAT)
    else:
        features = graph.add("Cast", power, to=TensorProto.FLOAT)
        if settings.kind != "spectrogram":
            features = graph.add("MatMul", features, frontend.bands)
        features = graph.add("Log", graph.add("Add", features, FLOOR))
    if settings.kind == "mfcc":
        features = graph.add("MatMul", features, frontend.cosines)
    beyond = graph.add("Sub", "lengths", window - 2 * margin(settings))
    frames = graph.add("Max", graph.add("Add", graph.add("Div", beyond, hop), 1), 1)
    mask = graph.add("Unsqueeze", graph.mask(frames, graph.size(features, 1)), [2])
    return graph.add("Mul", _standardised(graph, frontend, features, mask, frames), mask), frames


def _mirrored(graph: Graph, waveforms: str, width: int) -> str:
    """`mirrored`: (B, samples) -> (B, width + samples + width)."""
    size = graph.size("waveforms", 1)
    places = graph.add("Abs", graph.add("Range", -width, graph.add("Add", size, width), 1))
    turned = graph.add("Sub", graph.add("Mul", graph.add("Sub", graph.add("Unsqueeze", "lengths", [1]), 1), 2), places)
    places = graph.add("Min", graph.add("Max", graph.add("Min", turned, places), 0), graph.add("Sub", size, 1))
    return graph.add("GatherElements", waveforms, places, axis=1)


def _squared_waves(graph: Graph, waveforms: str, frontend: Frontend) -> str:
    """(B, samples) double -> (B, T, 2, bins): each frame's cosines and sines, squared; their sum is the power.

    A matrix, as few runtimes have a Fourier transform of any length.
    """
    window, hop = len(frontend.window), hop_samples(frontend.settings)
    count = graph.add("Add", graph.add("Div", graph.add("Sub", graph.size(waveforms, 1), window), hop), 1)
    starts = graph.add("Mul", graph.add("Unsqueeze", graph.add("Range", 0, count, 1), [1]), hop)
    framed = graph.add("Gather", waveforms, graph.add("Add", starts, np.arange(window)), axis=1)  # (B, T, window)
    waves = graph.add("MatMul", framed, _fourier_matrix(frontend))
    return graph.add("Reshape", graph.add("Mul", waves, waves), [0, 0, 2, -1])


def _fourier_matrix(frontend: Frontend) -> np.ndarray:
    """(window, 2 * bins) float64: windowed cosines, then sines, over the root of the window's power."""
    window = frontend.window.double().cpu().numpy()
    steps = np.outer(np.arange(len(window)), np.arange(frontend.fft_samples // 2 + 1)) % frontend.fft_samples
    angles = 2 * np.pi / frontend.fft_samples * steps
    scale = window / np.sqrt(np.square(window).sum())
    return np.concatenate([np.cos(angles), np.sin(angles)], axis=1) * scale[:, None]


def _standardised(graph: Graph, frontend: Frontend, features: str, mask: str, frames: str) -> str:
    if frontend.settings.statistics == "corpus":
        return graph.add("Div", graph.add("Sub", features, frontend.mean), frontend.deviation + 1e-5)
    if frontend.settings.statistics == "running":
        return _standardised_running(graph, frontend, features)
    count = graph.add("Cast", graph.add("Unsqueeze", frames, [1, 2]), to=TensorProto.FLOAT)
    if frontend.settings.statistics == "overall":
        count = graph.add("Mul", count, float(len(frontend.mean)))
        mean = graph.add("Div", graph.add("ReduceSum", graph.add("Mul", features, mask), [1, 2]), count)
        valid = graph.add("Mul", graph.add("Sub", features, mean), mask)
        squares = graph.add("ReduceSum", graph.add("Mul", valid, valid), [1, 2])
        deviation = graph.add("Sqrt", graph.add("Div", squares, graph.add("Sub", count, 1.0)))
        return graph.add("Div", valid, graph.add("Max", deviation, SILENT))
    total = graph.add("ReduceSum", graph.add("Mul", features, mask), [1])
    if frontend.settings.statistics == "adapted":
        prior = prior_frames(frontend.settings)
        mean = graph.add("Div", graph.add("Add", total, prior * frontend.mean), graph.add("Add", count, prior))
        return graph.add("Div", graph.add("Sub", features, mean), frontend.deviation + 1e-5)
    mean = graph.add("Div", total, count)
    centred = graph.add("Sub", features, mean)
    valid = graph.add("Mul", centred, mask)
    variance = graph.add("Div", graph.add("ReduceSum", graph.add("Mul", valid, valid), [1]), count)
    return graph.add("Div", centred, graph.add("Add", graph.add("Sqrt", variance), 1e-5))


def _standardised_running(graph: Graph, frontend: Frontend, features: str) -> str:
    """`Frontend.standardise_running`, from the beginning: each frame by the mean of itself and all before it."""
    prior = prior_frames(frontend.settings)
    sums = graph.add("CumSum", graph.add("Cast", features, to=TensorProto.DOUBLE), np.array(1))
    heard = graph.add("Range", 1, graph.add("Add", graph.size(features, 1), 1), 1)
    counts = graph.add("Cast", graph.add("Unsqueeze", heard, [1]), to=TensorProto.DOUBLE)
    sums = graph.add("Add", sums, prior * frontend.mean.double())
    mean = graph.add("Cast", graph.add("Div", sums, graph.add("Add", counts, np.array(prior))), to=TensorProto.FLOAT)
    return graph.add("Div", graph.add("Sub", features, mean), frontend.deviation + 1e-5)


def _network(graph: Graph, network: Network, features: str, frames: str) -> tuple[str, str]:
    """`Network.forward` and what a decoder reads of it: names of (B, T', V), or of (B, T', J), and of (B,) frames."""
    x = graph.add("Transpose", features, perm=[0, 2, 1])
    x = graph.add("Unsqueeze", x, [2] if network.one_dimensional else [1])  # (B, C, F, T)
    for convolution in all_of(network.convolutions, MaskedConvolution):
        x, frames = _convolution(graph, convolution, x, frames)
    x = graph.add("Transpose", x, perm=[3, 0, 1, 2])
    x = graph.add("Reshape", x, [0, 0, -1])  # (T, B, C, F) -> (T, B, C * F)
    mask = graph.add("Unsqueeze", graph.add("Transpose", graph.mask(frames, graph.size(x, 0))), [2])
    lengths = graph.add("Cast", frames, to=TensorProto.INT32)
    for layer in all_of(network.recurrent, RecurrentLayer):
        x = _recurrent(graph, layer, x, lengths, mask)
    if network.lookahead is not None:
        x = graph.add("Transpose", x, perm=[1, 2, 0])
        weights = network.lookahead.convolution.weight
        x = graph.add("Conv", x, weights, pads=[0, network.lookahead.future], group=len(weights))
        x = graph.add("Transpose", x, perm=[2, 0, 1])
    for connected in all_of(network.hidden, FullyConnected):
        x = _clipped(graph, linear(graph, x, *folded_linear(connected)))
    if network.head is not None:
        projection = network.head.encoder_projection
        answers = linear(graph, x, projection.weight, projection.bias)
    else:
        answers = graph.add("LogSoftmax", linear(graph, x, network.ctc_output.weight, network.ctc_output.bias), axis=-1)
    return graph.add("Transpose", answers, perm=[1, 0, 2]), frames


def _convolution(graph: Graph, layer: MaskedConvolution, x: str, lengths: str) -> tuple[str, str]:
    """x (B, C, F, T) and lengths (B,) -> (B, C', F', T'), zero beyond the new lengths."""
    (tall, wide), (_, stride) = layer.kernel, layer.stride
    pads = [tall // 2, wide // 2] * 2
    x = graph.add("Conv", x, *folded_convolution(layer), strides=list(layer.stride), pads=pads)
    padded = graph.add("Add", lengths, 2 * (wide // 2) - wide)
    lengths = graph.add("Add", graph.add("Div", padded, stride), 1)
    mask = graph.add("Unsqueeze", graph.mask(lengths, graph.size(x, 3)), [1, 2])
    return graph.add("Mul", _clipped(graph, x), mask), lengths


def _recurrent(graph: Graph, layer: RecurrentLayer, x: str, lengths: str, mask: str) -> str:
    """x (T, B, H), int32 lengths (B,), mask (T, B, 1) -> (T, B, rnn_size), zero beyond each utterance."""
    if layer.norm is not None:
        scale, shift = scale_and_shift(layer.norm)
        x = graph.add("Mul", graph.add("Add", graph.add("Mul", x, scale), shift), mask)
    directions = [folded_recurrence(direction) for direction in all_of(layer.directions, Direction)]
    kind = directions[0].kind
    stacked = [np.stack(arrays) for arrays in zip(*map(_gates, directions), strict=True)]
    operator, attributes = OPERATORS[kind]
    if "activations" in attributes:
        attributes = {**attributes, "activations": attributes["activations"] * len(directions)}
    y = graph.add(
        operator, x, *stacked, lengths, hidden_size=directions[0].recurrent.shape[1],
        direction="bidirectional" if len(directions) == 2 else "forward", **attributes,
    )  # fmt: skip
    return graph.add("ReduceSum", y, [1], keepdims=0)  # (T, directions, B, H), zero beyond lengths


def _gates(matrices: Matrices) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Input and recurrent matrices and the two biases in one, in ONNX's order of gates."""
    parts = (matrices.input, matrices.recurrent, matrices.bias, matrices.recurrent_bias)
    order = GATE_ORDER[matrices.kind]
    arrays = [part.cpu().numpy().reshape(len(order), -1, *part.shape[1:])[list(order)] for part in parts]
    first, second, *biases = (array.reshape(-1, *array.shape[2:]) for array in arrays)
    return first, second, np.concatenate(biases)


def linear(graph: Graph, x: str, weight: Tensor, bias: Tensor) -> str:
    """weight (n_out, n_in) and bias as torch keeps them."""
    return graph.add("Add", graph.add("MatMul", x, weight.t()), bias)


def _clipped(graph: Graph, x: str) -> str:
    return graph.add("Clip", x, 0.0, CLIP)
