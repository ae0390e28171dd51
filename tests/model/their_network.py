"""deepspeech.pytorch's network and features, described anew from what its releases 2 and 3 compute."""

import numpy as np
import torch
from torch import nn

LABELS = list("_'ABCDEFGHIJKLMNOPQRSTUVWXYZ ")


class Wrapped(nn.Module):
    """A module under the name that their wrappers give it."""

    def __init__(self, module: nn.Module, name: str = "module") -> None:
        super().__init__()
        self.add_module(name, module)


class Layer(nn.Module):
    def __init__(self, kind: type, size_in: int, size: int, both: bool, norm: bool) -> None:
        super().__init__()
        if norm:
            self.batch_norm = Wrapped(nn.BatchNorm1d(size_in))
        self.rnn = kind(size_in, size, bidirectional=both)
        self.size = size

    def forward(self, x, lengths):
        if hasattr(self, "batch_norm"):
            x = self.batch_norm.module(x.flatten(0, 1)).view_as(x)
        packed = nn.utils.rnn.pack_padded_sequence(x, lengths, enforce_sorted=False)
        y = nn.utils.rnn.pad_packed_sequence(self.rnn(packed)[0])[0]
        return y.unflatten(2, (-1, self.size)).sum(2)


class Theirs(nn.Module):
    def __init__(self, kind: type, size: int, layers: int, both: bool, context: int = 20, n_labels: int = 29) -> None:
        super().__init__()
        self.conv = Wrapped(nn.Sequential(
            nn.Conv2d(1, 32, (41, 11), (2, 2), (20, 5)), nn.BatchNorm2d(32), nn.Hardtanh(0, 20),
            nn.Conv2d(32, 32, (21, 11), (2, 1), (10, 5)), nn.BatchNorm2d(32), nn.Hardtanh(0, 20)), "seq_module")
        self.rnns = nn.Sequential(*(Layer(kind, size if n else 32 * 41, size, both, n > 0) for n in range(layers)))
        if not both:
            conv = nn.Conv1d(size, size, context, groups=size, bias=False)
            self.lookahead = nn.Sequential(Wrapped(conv, "conv"), nn.Hardtanh(0, 20))
        self.fc = nn.Sequential(Wrapped(nn.Sequential(nn.BatchNorm1d(size), nn.Linear(size, n_labels, bias=False))))

    def forward(self, spectrograms: list[torch.Tensor]) -> list[torch.Tensor]:
        """(F, T) each, together in one batch -> (T', V) log-probs each."""
        lengths = torch.tensor([one.shape[1] for one in spectrograms])
        x = torch.zeros(len(spectrograms), 1, 161, int(lengths.max()))
        for row, one in zip(x, spectrograms, strict=True):
            row[0, :, : one.shape[1]] = one
        lengths = (lengths - 1) // 2 + 1
        for module in self.conv.seq_module:
            x = module(x)
            for row, length in zip(x, lengths, strict=True):
                row[:, :, length:] = 0
        x = x.flatten(1, 2).permute(2, 0, 1)
        for layer in self.rnns:
            x = layer(x, lengths)
        if hasattr(self, "lookahead"):
            context = self.lookahead[0].conv.kernel_size[0]
            padded = nn.functional.pad(x.permute(1, 2, 0), (0, context - 1))
            x = self.lookahead[1](self.lookahead[0].conv(padded).permute(2, 0, 1))
        norm, matrix = self.fc[0].module
        logits = matrix(norm(x.flatten(0, 1))).unflatten(0, x.shape[:2]).transpose(0, 1)
        return [row[:length].log_softmax(-1) for row, length in zip(logits, lengths, strict=True)]


def make_theirs(kind: type, size: int, layers: int, both: bool) -> Theirs:
    """One whose weights and statistics are all of use."""
    torch.manual_seed(7)
    network = Theirs(kind, size, layers, both).eval()
    for module in network.modules():
        if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, 0.2, 0.3)
            nn.init.normal_(module.running_mean, 0, 0.3)
            nn.init.uniform_(module.running_var, 0.5, 2)
    with torch.no_grad():
        network.fc[0].module[1].weight.mul_(8)
    return network


def their_features(samples: np.ndarray) -> torch.Tensor:
    """(samples,) in [-1, 1) of 16 bits -> (161, frames)."""
    sound = np.rint(samples * 32768).astype(np.float32) / 32767
    window = 0.54 - 0.46 * np.cos(2 * np.pi * np.arange(320) / 320)
    padded = np.pad(sound, 160, mode="reflect")
    frames = np.stack([padded[at : at + 320] * window for at in range(0, len(padded) - 319, 160)], 1)
    spectrogram = np.log1p(np.abs(np.fft.rfft(frames, axis=0)))
    spectrogram = torch.tensor(spectrogram, dtype=torch.float32)
    return (spectrogram - spectrogram.mean()) / spectrogram.std()
