"""Divergence: where no loss is finite any more, back to the last good checkpoint at half the rate; at last an error."""

from ds2cli import hints
from ds2cli.errors import AudioError, Ds2Error
from ds2cli.training.trainer_state import TrainerState

# A step whose loss or gradient is not finite leaves the weights as they are. One may be its utterances' fault; so many
# in a row are the weights' own. Those of the last checkpoint are better, and the same steps at half the rate are
# gentler to them. Skipping the batches instead would not do: it is rarely they that broke the weights.
PATIENCE = 10
ROLLBACKS = 3
LOWER_RATE = 0.5

# So many steps in a row without any sound, and the disk with the audio has gone.
SILENT_STEPS = 50


def has_diverged(position: TrainerState, not_finite: list[str]) -> bool:
    """Whether the run must go back; not_finite are the utterances of the last step that taught nothing, everywhere."""
    return position.not_finite_in_a_row >= (PATIENCE if not_finite else SILENT_STEPS)


def may_roll_back(position: TrainerState, not_finite: list[str]) -> bool:
    """Whether going back may help, and has not been tried too often."""
    return bool(not_finite) and position.rollbacks < ROLLBACKS


def roll_back(saved: TrainerState, astray: TrainerState) -> TrainerState:
    """The saved position, with what the detour has taught."""
    saved.rollbacks = astray.rollbacks + 1
    saved.rate_share = astray.rate_share * LOWER_RATE
    saved.not_finite_in_a_row = 0
    return saved


def divergence_error(position: TrainerState, not_finite: list[str]) -> Ds2Error:
    """The error that ends a run which finds no way back."""
    if not not_finite:
        hint = hints.DISK_IS_GONE
        return AudioError(f"no audio could be read in the {SILENT_STEPS} steps up to {position.step}", hint=hint)
    names = ", ".join(f"`{one}`" for one in not_finite[:3])
    tried = f", after {position.rollbacks} returns to the last good checkpoint" if position.rollbacks else ""
    return Ds2Error(
        f"loss is not finite at step {position.step}, nor at the {PATIENCE - 1} before it{tried}; utterances {names}",
        hint=hints.LOWER_RATE,
    )
