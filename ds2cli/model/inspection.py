"""Looking inside: what a network was given, what it answered, and what that answer listened to."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ds2cli.model.heads.transducer import TransducerHead
from ds2cli.model.recogniser import Recogniser
from ds2cli.text.units import BLANK


@dataclass(frozen=True)
class ForwardPass:
    """One utterance on its way through a recogniser.

    log_features  (T, F) before they are standardised: natural log of power (mfcc: cosines of it)
    features      (T, F) standardised: the network's input
    log_probs     (T', V) natural logs; of a transducer (T', J), its frames as the joint layer adds them
    """

    log_features: np.ndarray
    features: Tensor
    log_probs: np.ndarray


@torch.no_grad()
def forward_pass(recogniser: Recogniser, waveform: np.ndarray) -> ForwardPass:
    """(samples,) at the configured rate, step by step."""
    samples = torch.from_numpy(waveform).to(recogniser.device)[None]
    lengths = torch.tensor([samples.shape[1]], device=recogniser.device)
    features, frames = recogniser.frontend(samples, lengths)
    log_features, _ = recogniser.frontend.log_features(samples, lengths)
    log_probs, _ = recogniser.network(features, frames)
    if recogniser.is_transducer:
        log_probs = recogniser.network.readout(log_probs)
    return ForwardPass(log_features[0].cpu().numpy(), features[0], log_probs[0].cpu().numpy())


@torch.no_grad()
def spoken_log_probs(
    head: TransducerHead, frames: np.ndarray, units: Sequence[int], emitted: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """What a transducer says along a path through its lattice, in each frame: of each unit where it is likeliest there,
    of the blank where it is least so.

    frames          (T', J) as `forward_pass` gives them
    units, emitted  (L,) what the path says, and in which frames
    returns         (T', V) natural logs, and (T', V) how many labels had been said there
    """
    projected = head.projected_labels(torch.as_tensor(units, dtype=torch.int64)[None])[0]
    log_probs, places = [], []
    for t, frame in enumerate(torch.from_numpy(frames)):
        first, last = (int(np.searchsorted(emitted, t, side)) for side in ("left", "right"))
        answers = head.joint(frame, projected[first : last + 1])  # (places, V)
        chosen = answers.argmax(0)
        chosen[BLANK] = answers[:, BLANK].argmin()  # where something was said, however likely it is to go on after it
        log_probs.append(answers.gather(0, chosen[None])[0])
        places.append(first + chosen)
    return torch.stack(log_probs).numpy(), torch.stack(places).numpy()


def input_sensitivity(
    recogniser: Recogniser, features: Tensor, frame: int, unit: int, said: Sequence[int] = ()
) -> np.ndarray:
    """How one unit's log-probability at one frame would change with each bin of each input frame.

    features  (T, F) standardised, of one utterance
    frame     of the output, 0 to T' - 1
    said      of a transducer: the labels before
    returns   (T, F) d log p(unit | frame) / d features: nats per standard deviation

    Graves, Mohamed and Hinton 2013 (arXiv:1303.5778), figure 3.
    """
    inputs = features.detach()[None].clone().requires_grad_()
    lengths = torch.tensor([inputs.shape[1]], device=inputs.device)
    # cuDNN's recurrent layers refuse to go backwards in evaluation mode; torch's own do not.
    with torch.enable_grad(), torch.backends.cudnn.flags(enabled=False):
        answers = recogniser.network(inputs, lengths)[0][0, frame]
        if recogniser.is_transducer:
            head = recogniser.network.transducer
            labels = torch.as_tensor(said, dtype=torch.int64, device=inputs.device)
            answers = head.joint(head.encoder_projection(answers), head.projected_labels(labels[None])[0, -1])
        (gradient,) = torch.autograd.grad(answers[unit], inputs)
    return gradient[0].cpu().numpy()
