"""Looking inside: what a network was given, what it answered, and what that answer listened to."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ds2cli.model.recogniser import Recogniser


@dataclass(frozen=True)
class Heard:
    """One utterance on its way through a recogniser.

    log_features  (T, F) before they are standardised: natural log of power (mfcc: cosines of it)
    features      (T, F) standardised: the network's input
    log_probs     (T', V) natural logs
    """

    log_features: np.ndarray
    features: Tensor
    log_probs: np.ndarray


@torch.no_grad()
def hear(recogniser: Recogniser, waveform: np.ndarray) -> Heard:
    """(samples,) at the configured rate, step by step."""
    samples = torch.from_numpy(waveform).to(recogniser.device)[None]
    lengths = torch.tensor([samples.shape[1]], device=recogniser.device)
    features, frames = recogniser.frontend(samples, lengths)
    log_features, _ = recogniser.frontend.log_features(samples, lengths)
    log_probs, _ = recogniser.network(features, frames)
    return Heard(log_features[0].cpu().numpy(), features[0], log_probs[0].cpu().numpy())


def input_sensitivity(recogniser: Recogniser, features: Tensor, frame: int, unit: int) -> np.ndarray:
    """How one unit's log-probability at one frame would change with each bin of each input frame.

    features  (T, F) standardised, of one utterance
    frame     of the output, 0 to T' - 1
    returns   (T, F) d log p(unit | frame) / d features: nats per standard deviation

    Graves, Mohamed and Hinton 2013 (arXiv:1303.5778), figure 3.
    """
    inputs = features.detach()[None].clone().requires_grad_()
    lengths = torch.tensor([inputs.shape[1]], device=inputs.device)
    # cuDNN's recurrent layers refuse to go backwards in evaluation mode; torch's own do not.
    with torch.enable_grad(), torch.backends.cudnn.flags(enabled=False):
        log_probs, _ = recogniser.network(inputs, lengths)
        (gradient,) = torch.autograd.grad(log_probs[0, frame, unit], inputs)
    return gradient[0].cpu().numpy()
