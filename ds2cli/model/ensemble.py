"""Several networks that listen as one, or one that listens as to several speakers."""

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


class OtherVocalTract(Recogniser):
    """A network that hears all frequencies times `scale`: as if the vocal tract were so much longer.

    Training with `augment.vocal_tract` distorts speech in the same way (vocal tract length perturbation, Jaitly and
    Hinton 2013, ICML Workshop on Deep Learning for Audio, Speech and Language Processing).
    """

    is_plain = False

    def __init__(self, listener: Recogniser, scale: float) -> None:
        nn.Module.__init__(self)
        self.config, self.units = listener.config, listener.units
        self.frontend, self.network = listener.frontend, listener.network
        self.scale = scale

    def forward(self, waveforms: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """As `Recogniser.forward`."""
        features, frames = self.frontend(waveforms, lengths)
        scales = torch.full((len(features),), self.scale, dtype=torch.float64)
        return self.network(self.frontend.scale_frequencies(features, scales), frames)


class Ensemble(Recogniser):
    """CTC networks with the same units and frames, or one network as several; settings and front end are the first's.

    Its log-probs are the mean of theirs, normalised again: a log-linear combination with equal weights (Deng and Platt
    2014, "Ensemble deep learning for speech recognition", Interspeech). Networks that were trained alike err in
    different places, and agree where they are right. Of a transducer's frames it is the mean.
    """

    is_plain = False

    def __init__(self, members: Sequence[Recogniser]) -> None:
        nn.Module.__init__(self)
        self.config, self.units = members[0].config, members[0].units
        self.frontend, self.network = members[0].frontend, members[0].network
        self.members = nn.ModuleList(members)

    def forward(self, waveforms: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """As `Recogniser.forward`."""
        answers = [member.forward(waveforms, lengths) for member in self.members]
        mean = torch.stack([log_probs.float() for log_probs, _ in answers]).mean(0)
        return mean if self.is_transducer else mean.log_softmax(-1), answers[0][1]


def load_together(run: str | Path, others: Sequence[str | Path] = (), vocal_tracts: Sequence[float] = (),
                  device: str = "cpu") -> Recogniser:
    """A run's recogniser, as `load_for_decoding`; an ensemble where there are others, or several vocal tracts.

    raises  UsageError where their log-probs are not of the same units and frames, or are none; where cepstral
            coefficients are heard, whose frequencies cannot be scaled
    """
    members = [load_for_decoding(run, device)]
    if others:
        members += [load_for_decoding(other, device) for other in others]
        for name, member in zip([run, *others], members, strict=True):
            must_answer_alike(str(name), member, str(run), members[0])
    if vocal_tracts:
        for name, member in zip([run, *others], members, strict=True):
            if member.config.features.kind == "mfcc":
                raise UsageError(f"`{name}` hears cepstral coefficients, whose frequencies cannot be scaled",
                                 hint=hints.NO_VOCAL_TRACTS)
        members = [OtherVocalTract(member, scale) for member in members for scale in vocal_tracts]
    return members[0] if len(members) == 1 else Ensemble(members)


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
