"""Which loss a run brings down."""

from collections.abc import Callable

from torch import Tensor

from ds2cli.config import LossConfig
from ds2cli.language.unit_graph import UnitGraph
from ds2cli.training.losses.ctc import ctc_losses
from ds2cli.training.losses.ctc_crf import CtcCrf

# Log-probs, frames, targets and their lengths -> (B,), as `ctc_losses`.
Losses = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]


def chosen_losses(settings: LossConfig, graph: UnitGraph | None) -> Losses:
    """The loss that the settings ask for; the graph is that of `settings.lm`, where there is one."""
    return ctc_losses if graph is None else CtcCrf(graph, settings.ctc_weight)
