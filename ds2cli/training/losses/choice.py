"""Which loss a run brings down."""

from collections.abc import Callable

from torch import Tensor

from ds2cli.config import LossConfig
from ds2cli.language.unit_graph import UnitGraph
from ds2cli.model.network import Network
from ds2cli.training.losses.ctc import ctc_losses
from ds2cli.training.losses.ctc_crf import CtcCrf
from ds2cli.training.losses.transducer import TransducerLosses

# Log-probs, or a transducer's encoded frames; their counts, targets and their lengths -> (B,), as `ctc_losses`.
Losses = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]


def chosen_losses(settings: LossConfig, graph: UnitGraph | None, network: Network) -> Losses:
    """The loss that the settings ask for; the graph is that of `settings.lm`, where there is one."""
    if settings.kind == "transducer":
        return TransducerLosses(network, settings)
    return ctc_losses if graph is None else CtcCrf(graph, settings.ctc_weight)
