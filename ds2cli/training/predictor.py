"""A transducer's prediction network learns its texts before it hears a sound (Graves et al. 2013, arXiv:1303.5778,
section 3.3: the network of the labels is a language model, and may begin as one)."""

from collections.abc import Sequence

import torch
from torch import nn

from ds2cli.model.heads.transducer import TransducerHead
from ds2cli.text.units import BLANK

LINES, RATE = 64, 3e-3  # of a step


def learn_texts(head: TransducerHead, texts: Sequence[Sequence[int]], epochs: int, seed: int) -> float:
    """Teach the prediction network which unit comes next, with an output of its own that is thrown away after.

    texts    unit indices of each
    returns  nats per unit over the last epoch
    """
    generator = torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)
    device = head.output.weight.device
    texts = sorted((text for text in texts if len(text)), key=len)
    readout = nn.Linear(head.predictor.size, len(head.output.bias)).to(device)
    optimizer = torch.optim.AdamW([*head.predictor.parameters(), *readout.parameters()], lr=RATE)
    total = count = 0.0
    for _ in range(epochs):
        total = count = 0.0
        for first in (LINES * torch.randperm(-(-len(texts) // LINES), generator=generator)).tolist():
            lines = [torch.tensor(text) for text in texts[first : first + LINES]]
            labels = nn.utils.rnn.pad_sequence(lines, batch_first=True, padding_value=BLANK).to(device)
            logits = readout(head.predictor(labels)[:, :-1])
            loss = nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten(), ignore_index=BLANK)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(head.predictor.parameters(), 1.0)
            optimizer.step()
            n_labels = sum(map(len, lines))
            total, count = total + loss.item() * n_labels, count + n_labels
    return total / max(count, 1)
