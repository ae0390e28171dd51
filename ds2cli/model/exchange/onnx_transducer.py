"""A transducer's prediction network and joint layer as ONNX graphs, one label and one frame at a time.

Beside the encoder, which hears whole recordings, they are what a search asks again and again (`TransducerHead`).
"""

import numpy as np

from ds2cli.model.exchange.onnx_graph import Graph, Shape, floats, integers, linear, model_of
from ds2cli.model.heads.transducer import LstmPredictor, StatelessPredictor, TransducerHead

PARTS = ("predictor", "joint")


def onnx_parts(head: TransducerHead, metadata: dict[str, str]) -> dict[str, bytes]:
    """Each of `PARTS` as the bytes of its file."""
    head = head.cpu().eval()
    parts = {"predictor": _predictor(head, metadata), "joint": _joint(head, metadata)}
    return {name: model.SerializeToString() for name, model in parts.items()}


def initial_state(head: TransducerHead, batch: int) -> dict[str, np.ndarray]:
    """What `predictor` is given as its state before the first label, which is the blank."""
    state = head.predictor.initial_state(batch)
    return {name: part.detach().cpu().numpy() for name, part in zip(state_names(head), state, strict=True)}


def state_names(head: TransducerHead) -> tuple[str, ...]:
    """The inputs that carry a prediction network's state; the outputs end in `_after`."""
    return ("hidden", "cell") if isinstance(head.predictor, LstmPredictor) else ("before",)


def _predictor(head: TransducerHead, metadata: dict[str, str]):
    """`labels` (B,) int64 and a state -> `projected` (B, J), as the joint layer adds it, and the state after them."""
    graph, predictor = Graph(), head.predictor
    batch = integers("labels", ["batch"])
    if isinstance(predictor, StatelessPredictor):
        both = [graph.add("Gather", predictor.embedding.weight, name) for name in ("before", "labels")]
        said = graph.add("Concat", *both, axis=1)
        said = graph.add("Tanh", linear(graph, said, predictor.last_two.weight, predictor.last_two.bias))
        inputs = [integers("before", ["batch"])]
        after = {graph.add("Identity", "labels"): integers("before_after", ["batch"])}
    else:
        said, cell = _lstm_step(graph, predictor)
        size: Shape = ["batch", predictor.size]
        inputs = [floats(name, size) for name in state_names(head)]
        after = {graph.add("Identity", said): floats("hidden_after", size), cell: floats("cell_after", size)}
    projected = linear(graph, said, head.predictor_projection.weight, head.predictor_projection.bias)
    shape: Shape = ["batch", head.predictor_projection.out_features]
    return model_of(graph, [batch, *inputs], {projected: floats("projected", shape), **after}, metadata)


def _lstm_step(graph: Graph, predictor: LstmPredictor) -> tuple[str, str]:
    """The LSTM's hidden and cell state after one label more."""
    lstm = dict(predictor.recurrence.named_parameters())
    label = graph.add("Gather", predictor.embedding.weight, "labels")
    now = linear(graph, label, lstm["weight_ih_l0"], lstm["bias_ih_l0"])
    gates = graph.add("Add", now, linear(graph, "hidden", lstm["weight_hh_l0"], lstm["bias_hh_l0"]))
    size = predictor.size
    admit, keep, new, show = (graph.add("Slice", gates, [i * size], [(i + 1) * size], [1]) for i in range(4))
    kept = graph.add("Mul", graph.add("Sigmoid", keep), "cell")
    cell = graph.add("Add", kept, graph.add("Mul", graph.add("Sigmoid", admit), graph.add("Tanh", new)))
    return graph.add("Mul", graph.add("Sigmoid", show), graph.add("Tanh", cell)), cell


def _joint(head: TransducerHead, metadata: dict[str, str]):
    """`encoded` (B, J) of frames and `projected` (B, J) of labels -> `log_probs` (B, V), natural logs."""
    graph, (n_units, size) = Graph(), head.output.weight.shape
    met = graph.add("Tanh", graph.add("Add", "encoded", "projected"))
    log_probs = graph.add("LogSoftmax", linear(graph, met, head.output.weight, head.output.bias), axis=-1)
    inputs = [floats("encoded", ["batch", size]), floats("projected", ["batch", size])]
    return model_of(graph, inputs, {log_probs: floats("log_probs", ["batch", n_units])}, metadata)
