"""deepspeech.pytorch's network and training step (commit b88a631), rebuilt in plain torch from its architecture.

Two 2-D convolutions whose padding is zeroed utterance by utterance, bidirectional LSTMs over packed sequences with
batch normalisation over all frames, padding included, before each but the first; directions summed; normalisation and
a matrix to the units. Lengths travel on the CPU, as its packing wants them.
"""

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence


class MaskedConvolutions(nn.Module):
    """Convolution, batch normalisation, clipping, each followed by a mask that a Python loop writes."""

    def __init__(self, channels: int = 32) -> None:
        super().__init__()
        self.layers = nn.ModuleList([
            nn.Conv2d(1, channels, (41, 11), (2, 2), (20, 5)), nn.BatchNorm2d(channels), nn.Hardtanh(0, 20),
            nn.Conv2d(channels, channels, (21, 11), (2, 1), (10, 5)), nn.BatchNorm2d(channels), nn.Hardtanh(0, 20),
        ])  # fmt: skip

    def forward(self, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """x (B, 1, F, T), lengths (B,) on the CPU -> (B, C, F', T'), (B,)."""
        lengths = torch.div(lengths - 1, 2, rounding_mode="floor") + 1
        for layer in self.layers:
            x = layer(x)
            mask = torch.zeros(x.shape, dtype=torch.bool, device=x.device)
            for row, length in zip(mask, lengths, strict=True):
                row.narrow(2, length.item(), row.shape[2] - length.item()).fill_(True)
            x = x.masked_fill(mask, 0)
        return x, lengths


class PackedLayer(nn.Module):
    """Batch normalisation of all frames, then a bidirectional LSTM over packed sequences, directions summed."""

    def __init__(self, size_in: int, size: int, norm: bool) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(size_in) if norm else None
        self.recurrence = nn.LSTM(size_in, size, bidirectional=True)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """x (T, B, H), lengths (B,) falling -> (T, B, size)."""
        if self.norm is not None:
            x = self.norm(x.flatten(0, 1)).view(x.shape)
        packed, _ = self.recurrence(pack_padded_sequence(x, lengths))
        x, _ = pad_packed_sequence(packed)
        return x.view(x.shape[0], x.shape[1], 2, -1).sum(2)


class PeerNetwork(nn.Module):
    """The whole network: (B, T, F) features, longest utterance first -> (T', B, V) log-probs."""

    def __init__(self, n_bins: int, n_units: int, size: int, n_layers: int = 5) -> None:
        super().__init__()
        self.convolutions = MaskedConvolutions()
        bins = ((n_bins - 1) // 2 + 1 - 1) // 2 + 1
        sizes = [32 * bins] + [size] * n_layers
        self.recurrent = nn.ModuleList(PackedLayer(sizes[i], size, norm=i > 0) for i in range(n_layers))
        self.norm = nn.BatchNorm1d(size)
        self.output = nn.Linear(size, n_units, bias=False)

    def forward(self, features: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        x, lengths = self.convolutions(features.transpose(1, 2)[:, None], lengths)
        x = x.flatten(1, 2).permute(2, 0, 1).contiguous()  # (B, C, F, T) -> (T, B, C * F)
        for layer in self.recurrent:
            x = layer(x, lengths)
        x = self.output(self.norm(x.flatten(0, 1))).view(*x.shape[:2], -1)
        return x.float().log_softmax(-1), lengths


class PeerTrainer:
    """Its step: CTC summed over the batch, gradients clipped at 400, AdamW."""

    def __init__(self, network: PeerNetwork, bf16: bool = False) -> None:
        self.network, self.bf16 = network.train(), bf16
        self.device = network.output.weight.device.type
        self.optimizer = torch.optim.AdamW(network.parameters(), lr=1.5e-4)
        self.criterion = nn.CTCLoss(reduction="sum", zero_infinity=True)

    def step(self, features: Tensor, lengths: Tensor, targets: Tensor, target_lengths: Tensor) -> float:
        """features (B, T, F) on the device; lengths, targets (concatenated) and target_lengths on the CPU."""
        with torch.autocast(self.device, torch.bfloat16, enabled=self.bf16):
            log_probs, frames = self.network(features, lengths)
        loss = self.criterion(log_probs, targets.to(features.device), frames, target_lengths)
        self.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), 400)
        self.optimizer.step()
        return loss.item()
