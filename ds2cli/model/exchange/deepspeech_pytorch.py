"""Networks of deepspeech.pytorch (releases 2 and 3: LibriSpeech, TED-LIUM, AN4) as ours: the same log-probs.

Two convolutions (32 channels, 41x11 and 21x11, strides 2x2 and 2x1) with batch normalisation and the clipped rectifier;
recurrent layers, the first without normalisation before it, both directions summed; where there is one direction, a
lookahead convolution and the clipped rectifier; batch normalisation and a matrix without bias.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor

from ds2cli import hints
from ds2cli.config import Config, FeatureConfig, ModelConfig
from ds2cli.errors import CheckpointError
from ds2cli.model.checkpoint import Checkpoint
from ds2cli.model.exchange.torch_pickle import plain, read_foreign
from ds2cli.text.units import BLANK, BLANK_NAME, Units

ENGLISH = "_'ABCDEFGHIJKLMNOPQRSTUVWXYZ "
BLANK_LABEL = "_"
GATES: dict[int, Literal["lstm", "gru"]] = {4: "lstm", 3: "gru"}
EPSILON = 1e-5
CONVOLUTIONS = {0: (32, 1, 41, 11), 3: (32, 32, 21, 11)}


def read_deepspeech_pytorch(
    path: Path, labels: list[str] | None = None, say: Callable[[str], None] = lambda line: None
) -> Checkpoint:
    """A checkpoint of theirs, Lightning's or the older packages', as one of ours.

    labels  of the outputs in order, the blank `_` among them; None takes the checkpoint's
    say     is told what was assumed
    raises  CheckpointError where it is none of theirs, or of a kind that ours cannot be
    """
    found = read_foreign(path)
    weights = {name.removeprefix("module."): tensor.float() for name, tensor in found.get("state_dict", {}).items()
               if isinstance(tensor, Tensor)}
    settings = plain({name: value for name, value in found.items() if name != "state_dict"})
    theirs = Theirs(path, weights)
    named = settings.get("hyper_parameters")
    settings = {**settings, **(named if isinstance(named, dict) else {})}
    labels = labels or theirs.labels(settings.get("labels"), say)
    if len(labels) != theirs.n_outputs or BLANK_LABEL not in labels or len(set(labels)) != len(labels):
        raise CheckpointError(f"`{path}` has {theirs.n_outputs} outputs, and there are {len(labels)} labels",
                              hint=hints.NAME_ALL_LABELS)
    order = [labels.index(BLANK_LABEL), *(at for at, label in enumerate(labels) if label != BLANK_LABEL)]
    names = [labels[at] for at in order[1:]]
    if names == [name.upper() for name in names] and len({name.lower() for name in names}) == len(names):
        names = [name.lower() for name in names]
    config = Config(features=_features(settings.get("spect_cfg") or settings.get("audio_conf") or {}, path),
                    model=theirs.model())
    units = Units((BLANK_NAME, *names))
    assert order[BLANK] == labels.index(BLANK_LABEL)
    return Checkpoint(config, units, theirs.converted(order, config), {"from": f"deepspeech.pytorch: {path.name}"})


def _features(theirs: Any, path: Path) -> FeatureConfig:
    if not isinstance(theirs, dict):
        raise CheckpointError(f"`{path}` has no feature settings", hint="is it a release of deepspeech.pytorch?")
    window = str(theirs.get("window", "hamming")).lower()
    if window != "hamming":
        raise CheckpointError(f"`{path}` uses a {window} window; ds2 supports only a Hamming window",
                              hint="its releases use that one")
    features = FeatureConfig(kind="magnitude", normalise_power=False, statistics="overall")
    names = {"sample_rate": "sample_rate", "window_seconds": "window_size", "hop_seconds": "window_stride"}
    try:
        given = {ours: type(getattr(features, ours))(theirs[name]) for ours, name in names.items() if name in theirs}
    except (TypeError, ValueError):
        raise CheckpointError(f"`{path}` has feature settings that are not numbers") from None
    return replace(features, **given)


class Theirs:
    """Their weights by name, and what can be told from their shapes."""

    def __init__(self, path: Path, weights: dict[str, Tensor]) -> None:
        self.path, self.weights = path, weights
        try:
            for number, shape in CONVOLUTIONS.items():
                if tuple(weights[f"conv.seq_module.{number}.weight"].shape) != shape:
                    raise KeyError(number)
            self.n_outputs = len(weights["fc.0.module.1.weight"])
            numbers = (re.match(r"rnns\.(\d+)\.rnn\.weight_ih_l0$", name) for name in weights)
            layers = {int(number[1]) for number in numbers if number}
            self.n_layers = max(layers) + 1
            recurrent = weights["rnns.0.rnn.weight_hh_l0"]
        except (KeyError, ValueError):
            raise CheckpointError(f"`{path}` is not a network of deepspeech.pytorch 2 or 3",
                                  hint=hints.THEIR_LOGITS) from None
        self.size = recurrent.shape[1]
        kind = GATES.get(recurrent.shape[0] // self.size)
        self.bidirectional = "rnns.0.rnn.weight_ih_l0_reverse" in weights
        if kind is None:
            raise CheckpointError(f"`{path}` has tanh RNN layers, which ds2 does not support",
                                  hint=hints.OTHER_RECURRENCES)
        self.kind = kind

    def labels(self, found: Any, say: Callable[[str], None]) -> list[str]:
        if found:
            return [str(label) for label in found]
        if self.n_outputs != len(ENGLISH):
            raise CheckpointError(f"`{self.path}` does not say what its {self.n_outputs} outputs are",
                                  hint=hints.NAME_LABELS)
        say(f"`{self.path}` does not say what its outputs are: taken for their English labels, {ENGLISH!r}")
        return list(ENGLISH)

    def model(self) -> ModelConfig:
        """Ours of the same answers. The rectifier behind the lookahead is that of a fully connected layer whose matrix
        is the identity."""
        future = 0 if self.bidirectional else self.weights["lookahead.0.conv.weight"].shape[2] - 1
        return ModelConfig(rnn=self.kind, rnn_layers=self.n_layers, rnn_size=self.size,
                           bidirectional=self.bidirectional, lookahead=future,
                           fully_connected=() if self.bidirectional else (self.size,))

    def converted(self, order: list[int], config: Config) -> dict[str, Tensor]:
        """Our weights by name; `order` of the outputs: the blank first."""
        ours: dict[str, Tensor] = {}
        for ordinal, number in enumerate(CONVOLUTIONS):
            name = f"network.convolutions.{ordinal}"
            ours[f"{name}.convolution.weight"] = self.weights[f"conv.seq_module.{number}.weight"]
            norm = self._norm(f"conv.seq_module.{number + 1}")
            # Their convolution has a bias, which the normalisation takes out of what it expects.
            norm["running_mean"] = norm["running_mean"] - self.weights[f"conv.seq_module.{number}.bias"]
            ours |= {f"{name}.norm.{part}": tensor for part, tensor in norm.items()}
        for layer in range(self.n_layers):
            name, theirs = f"network.recurrent.{layer}", f"rnns.{layer}"
            inputs = self.weights[f"{theirs}.rnn.weight_ih_l0"].shape[1]
            norm = self._norm(f"{theirs}.batch_norm.module") if layer else _identity_norm(inputs)
            ours |= {f"{name}.norm.{part}": tensor for part, tensor in norm.items()}
            for direction, suffix in enumerate(["", "_reverse"][: 1 + self.bidirectional]):
                for part in ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"):
                    ours[f"{name}.directions.{direction}.recurrence.{part}"] = (
                        self.weights[f"{theirs}.rnn.{part}{suffix}"])
        if not self.bidirectional:
            ours["network.lookahead.convolution.weight"] = self.weights["lookahead.0.conv.weight"]
            ours["network.hidden.0.linear.weight"] = torch.eye(self.size)
            ours |= {f"network.hidden.0.norm.{part}": tensor for part, tensor in _identity_norm(self.size).items()}
        norm, matrix = self._norm("fc.0.module.0"), self.weights["fc.0.module.1.weight"].double()[order]
        scale = norm["weight"].double() * torch.rsqrt(norm["running_variance"].double() + EPSILON)
        shift = norm["bias"].double() - norm["running_mean"].double() * scale
        ours["network.output.weight"], ours["network.output.bias"] = (matrix * scale).float(), (matrix @ shift).float()
        bins = round(config.features.window_seconds * config.features.sample_rate) // 2 + 1
        return {**ours, "frontend.mean": torch.zeros(bins), "frontend.deviation": torch.ones(bins)}

    def _norm(self, name: str) -> dict[str, Tensor]:
        names = {"weight": "weight", "bias": "bias", "running_mean": "running_mean", "running_variance": "running_var"}
        return {ours: self.weights[f"{name}.{theirs}"] for ours, theirs in names.items()}


def _identity_norm(size: int) -> dict[str, Tensor]:
    """Batch normalisation that, until it is trained, changes nothing."""
    return {"weight": torch.ones(size), "bias": torch.zeros(size), "running_mean": torch.zeros(size),
            "running_variance": torch.full((size,), 1 - EPSILON)}
