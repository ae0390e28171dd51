"""Several networks that listen as one."""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from ds2cli import hints
from ds2cli.audio.features import hop_samples, margin, window_samples
from ds2cli.config import Config
from ds2cli.errors import UsageError
from ds2cli.model.network import two_dimensional
from ds2cli.model.quantised import load_for_decoding
from ds2cli.model.recogniser import Recogniser


class Ensemble(Recogniser):
    """CTC networks with the same units and frames; settings and front end are the first one's.

    Its log-probs are the mean of theirs, normalised again: a log-linear combination with equal weights (Deng and Platt
    2014, "Ensemble deep learning for speech recognition", Interspeech). Networks that were trained alike err in
    different places, and agree where they are right.
    """

    def __init__(self, members: Sequence[Recogniser]) -> None:
        nn.Module.__init__(self)
        self.config, self.units = members[0].config, members[0].units
        self.frontend, self.network = members[0].frontend, members[0].network
        self.members = nn.ModuleList(members)

    def forward(self, waveforms: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """As `Recogniser.forward`."""
        answers = [member.forward(waveforms, lengths) for member in self.members]
        mean = torch.stack([log_probs.float() for log_probs, _ in answers]).mean(0)
        return mean.log_softmax(-1), answers[0][1]


def load_together(run: str | Path, others: Sequence[str | Path], device: str = "cpu") -> Recogniser:
    """A run's recogniser, as `load_for_decoding`; an ensemble where there are others.

    raises  UsageError where their log-probs are not of the same units and frames, or are none
    """
    first = load_for_decoding(run, device)
    if not others:
        return first
    members = [first, *(load_for_decoding(other, device) for other in others)]
    for name, member in zip([run, *others], members, strict=True):
        must_answer_alike(str(name), member, str(run), first)
    return Ensemble(members)


def must_answer_alike(name: str, one: Recogniser, other_name: str, other: Recogniser) -> None:
    """raises  UsageError where the log-probs of the first are not of the same units and frames as the other's, or are
    those of a transducer, which depend on what was said before
    """
    if one.is_transducer:
        raise UsageError(f"`{name}` is a transducer, and only log-probs of CTC go together", hint=hints.NAME_CTC_RUNS)
    if one.units != other.units:
        raise UsageError(f"`{name}` has {len(one.units)} units, `{other_name}` has {len(other.units)} others",
                         hint=hints.TRAIN_ON_SAME_UNITS)
    if _frames(one.config) != _frames(other.config):
        raise UsageError(f"`{name}` has frames of {one.frame_seconds:g} s, `{other_name}` has others, of "
                         f"{other.frame_seconds:g} s",
                         hint="train both with the same features, model.conv_kernels and model.conv_strides")


def _frames(config: Config) -> tuple[object, ...]:
    """What decides how many frames a recording has, and when each of them is."""
    features = config.features
    in_time = [(kernel[1], stride[1]) for kernel, stride in zip(*two_dimensional(config.model), strict=True)]
    return features.sample_rate, window_samples(features), hop_samples(features), margin(features), in_time
