"""A batch in microbatches: the same utterances in the same order, fewer at a time."""

import dataclasses

import numpy as np
import torch

from ds2cli.audio.augment import Masks
from ds2cli.training.data import Batch


def split_batch(batch: Batch, n_parts: int) -> list[Batch]:
    """A batch in so many parts, in order; where they are more than its utterances, some are silent."""
    if n_parts == 1:
        return [batch]
    return [batch_rows(batch, part) for part in np.array_split(np.arange(len(batch.ids)), n_parts)]


def batch_rows(batch: Batch, wanted: np.ndarray) -> Batch:
    """Consecutive utterances of a batch, padded no further than they need.

    wanted  their places in it
    """
    if not len(wanted):
        return silent_batch(batch)
    part = slice(int(wanted[0]), int(wanted[-1]) + 1)
    lengths, target_lengths = batch.lengths[part], batch.target_lengths[part]
    return Batch(
        waveforms=batch.waveforms[part, : int(lengths.max())],
        lengths=lengths,
        targets=batch.targets[part, : max(int(target_lengths.max()), 1)],
        target_lengths=target_lengths,
        ids=batch.ids[part],
        indices=batch.indices[part],
        views=[view[part] for view in batch.views],
    )


def silent_batch(batch: Batch) -> Batch:
    """A moment that says and teaches nothing, in the place of a part: every process must take every step."""
    return dataclasses.replace(
        batch,
        waveforms=torch.zeros(1, 1),
        lengths=torch.ones(1, dtype=torch.int64),
        targets=torch.zeros(1, 1, dtype=torch.int64),
        target_lengths=torch.zeros(1, dtype=torch.int64),
        ids=[],
        indices=[],
        views=[[Masks()] for _ in batch.views],
        skipped=[],
    )
