"""A budget of time that the schedule fits itself into, by the speed that is measured on the way.

The clock is looked at after every hundredth of the budget. Between two looks progress depends on the steps alone, and
what the last look found is part of the saved position: a resumed run takes the rates that it would have taken.
"""

from ds2cli.training.trainer_state import TrainerState

LOOK = 0.01  # of the budget, from one look at the clock to the next
MOST_FOR_EVALUATION = 0.5  # of the budget, however long the last evaluation took


def look_at_the_clock(position: TrainerState, minutes: float, seconds: float) -> None:
    """Take note of the speed, where it is time to.

    minutes  the budget; room for a last evaluation is kept in it
    seconds  that the run has taken
    """
    budget = 60 * minutes
    share = seconds / (budget - min(position.evaluation_seconds, MOST_FOR_EVALUATION * budget))
    if share - position.paced_share >= LOOK:
        position.pace = share / max(position.step, 1)
        position.paced_share, position.paced_step = share, position.step


def share_spent(position: TrainerState) -> float:
    """The share of the budget that lies behind, as far as is known."""
    return position.paced_share + position.pace * (position.step - position.paced_step)
