"""What a training run tells whoever listens."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class StepEvent:
    """One step of the optimiser.

    loss       nats per utterance, mean over the step; None where nothing in it taught anything
    seconds    since the run began, interruptions left out
    audio_seconds  of speech in the step, all processes together
    skipped, not_finite  ids, of all processes, that could not be read (with the reason), or taught nothing
    split      ids of utterances that did not fit in memory together and were computed in smaller parts
    waited     seconds that the processor had no batch to work on
    progress   share of all training that lies behind, in (0, 1]
    """

    step: int
    epoch: float
    loss: float | None
    learning_rate: float
    gradient_norm: float
    seconds: float
    audio_seconds: float
    skipped: list[tuple[str, str]] = field(default_factory=list)
    not_finite: list[str] = field(default_factory=list)
    split: list[str] = field(default_factory=list)
    waited: float = 0.0
    progress: float = 0.0


@dataclass(frozen=True)
class EvaluationEvent:
    """The held-out set, measured; without one, dev_loss, wer and cer are None.

    train_loss  mean since the evaluation before, None where nothing taught anything
    skipped     ids of held-out utterances whose audio could not be read, with the reason
    not_finite  ids of those whose loss is not finite: it counts nowhere, their words do
    loss_kind, dev_objective  what train_loss is a loss of, and that loss of held-out speech; dev_loss is CTC's, or
                a transducer's own
    rate        what wer is: of phones PER, of Chinese characters CER
    """

    step: int
    epoch: int
    train_loss: float | None
    dev_loss: float | None
    wer: float | None
    cer: float | None
    seconds: float
    best: bool
    samples: list[dict[str, str]] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    not_finite: list[str] = field(default_factory=list)
    loss_kind: str = "ctc"
    dev_objective: float | None = None
    rate: str = "WER"


@dataclass(frozen=True)
class RollbackEvent:
    """Nothing was finite any more: the run is back at its last good checkpoint, at a lower rate.

    step, from_step  where it goes on, and where it was
    rollbacks        so many until now
    rate_share       the schedule's rate is multiplied by this from here on
    not_finite       ids of the last step
    is_evaluated     whether the checkpoint came after the evaluation that follows its step
    """

    step: int
    from_step: int
    epoch: int
    rollbacks: int
    rate_share: float
    seconds: float
    not_finite: list[str]
    is_evaluated: bool


@dataclass(frozen=True)
class SaveEvent:
    """A place to go on from: whoever keeps the run saves the trainer's state before asking for the next event."""

    step: int


@dataclass(frozen=True)
class BestEvent:
    """The best weights yet: the recogniser holds them until the next event is asked for."""

    step: int


@dataclass(frozen=True)
class StoppedEvent:
    """Asked to stop; everything is saved."""

    step: int


Event = StepEvent | EvaluationEvent | RollbackEvent | StoppedEvent
TrainerEvent = Event | SaveEvent | BestEvent
