"""The trainer's state besides weights and optimiser: how far a run has come, in numbers alone."""

from dataclasses import dataclass


@dataclass
class TrainerState:
    """Steps taken, what was best, what went wrong.

    loss_sum, loss_count  since the last evaluation
    not_finite_in_a_row, rollbacks  see ds2cli.training.rollback
    rate_share   the schedule's learning rate is multiplied by this
    plateau_best, plateau_waited  see ds2cli.training.schedule.Plateau
    evaluations_since_best        for train.patience
    evaluation_seconds            that the last evaluation took
    paced_share, paced_step, pace see ds2cli.training.budget: of the time budget, spent by the last look at the clock,
                 at which step that was, and the share that a step takes
    """

    epoch: int = 0
    step_of_epoch: int = 0
    step: int = 0
    seconds: float = 0.0
    loss_sum: float = 0.0
    loss_count: int = 0
    best_wer: float = float("inf")
    best_loss: float = float("inf")
    not_finite_in_a_row: int = 0
    rollbacks: int = 0
    rate_share: float = 1.0
    plateau_best: float = float("inf")
    plateau_waited: int = 0
    evaluations_since_best: int = 0
    evaluation_seconds: float = 0.0
    paced_share: float = 0.0
    paced_step: int = 0
    pace: float = 0.0
