"""How a beam search weighs and prunes, and what ends an utterance of a stream: type, meaning and default, declared once
for flags, tuning and code.
"""

from dataclasses import dataclass, field, replace
from math import inf
from typing import Annotated, ClassVar, Literal, NamedTuple

from ds2cli import declarations

# Where units are thousands, the paper's cutoffs (Amodei et al. 2016, section 7.3).
MANY_UNITS, CUTOFF_PROB, CUTOFF_TOP = 1000, 0.99, 40

# What ds2 brings. Greedily, letters make words; phones need a lexicon.
DEFAULT_RUN, LETTERS = "english-phones", "english"

LexiconMode = Literal["soft", "hard", "none"]
SearchMode = Literal["time", "best"]
RESCORING = "rescore_alpha", "rescore_beta", "rescore_nbest"  # settings of a second pass alone
GREEDY = "blank_penalty", "max_labels"  # settings that need no beam
TRANSDUCERS = "max_labels", "internal", "search"  # settings of no others
TRANSDUCER_BEAM = 8  # each of its prefixes has a prediction network to run


class Settling(NamedTuple):
    """When a word of the best hypothesis is settled: the hypotheses that say otherwise are dropped.

    frames  that it has stood there; 0: never, whatever the share
    share   of the probability of all hypotheses that the ones which say it have: then at once; 1: never
    """

    frames: int = 0
    share: float = 1.0


@dataclass(frozen=True)
class DecodingConfig:
    """Q(y) = log p_ctc(y|x) + alpha log p_lm(y) + beta |y|, natural logs; |y| counts words, or units without spaces."""

    alpha: Annotated[float, "weight of the language model", (0, inf)] = 0.7
    beta: Annotated[float, "reward per word (per unit, if the text has no spaces)", (-inf, inf)] = 1.5
    beam: Annotated[int, "prefixes kept from frame to frame", (1, 100_000)] = 100
    lexicon: Annotated[
        LexiconMode,
        "soft: any word, partial words ranked by the likeliest they can become; hard: known words; none: unranked",
    ] = "soft"
    lm_lookahead: Annotated[
        float, "language model look-ahead: share of its likeliest word's gain that a partial word gets", (0, inf)
    ] = 1.0
    # float32 knows what is left of a certain blank
    blank_penalty: Annotated[float, "natural log, subtracted from the blank's log-prob in each frame", (-10, 10)] = 0.0
    oov_penalty: Annotated[float, "natural log, added per word outside the language model", (-inf, inf)] = -5.0
    oov_letter: Annotated[float, "natural log, added for each letter (phone) of such a word", (-inf, inf)] = -1.0
    score_threshold: Annotated[
        float, "drop prefixes that score this much less than the best; 0 keeps all", (0, inf)
    ] = 10.0
    cutoff_prob: Annotated[float, "extend by the most probable units, up to this total probability", (1e-6, 1)] = 1.0
    cutoff_top: Annotated[int, "extend by at most this many units; 0: all", (0, inf)] = 0
    settle_frames: Annotated[
        int, "frames that a word stands in the best hypothesis until the others must say it too; 0: for ever", (0, inf)
    ] = 0
    recombine: Annotated[
        bool, "of hypotheses that nothing to come can tell apart keep the best, where no others are asked for"
    ] = False
    rescore_alpha: Annotated[float, "second pass: weight of the language model that rescores", (0, inf)] = 0.7
    rescore_beta: Annotated[float, "second pass: reward of each word", (-inf, inf)] = 1.5
    rescore_nbest: Annotated[int, "second pass: hypotheses of the first that are rescored", (1, 100_000)] = 100
    max_labels: Annotated[int, "transducer: maximum number of labels per frame", (1, 1000)] = 5
    internal: Annotated[
        float, "transducer: weight of its internal language model, subtracted with an external one", (0, 10)
    ] = 0.0
    search: Annotated[
        SearchMode, "transducer: frame by frame, or best first (Graves), which is slower"
    ] = "time"
    hot_words: Annotated[
        dict[str, float], "words and their boosts (natural log), added once a word", (-inf, inf)
    ] = field(default_factory=dict)

    former_names: ClassVar[dict[str, str]] = {"look_ahead": "lm_lookahead"}

    def __post_init__(self) -> None:
        declarations.check_settings(self)


@dataclass(frozen=True)
class EndpointConfig:
    """When words are stable, and what ends an utterance: the rules of Kaldi's online decoder, and of sherpa.

    A word is stable when all hypotheses say it, when it has stood in the best one for `settle` seconds, or when those
    that say it have nearly all of the probability: then the others are dropped. That makes room in the beam for what
    is open, and so costs no accuracy: of LibriSpeech's dev.jsonl, `english-live` with a beam of 32 makes 27.1 % word
    errors with 0.4 s, with the share of 0.95 and without; with it half of the words are stable 0.32 s after their last
    frame is heard, without it 0.52 s. Shorter times cost words: 28.7 % with 0.16 s.

    Between max_seconds and half as much again, the pause that ends an utterance grows shorter down to nothing.
    """

    silence: Annotated[float, "seconds of silence that end an utterance; 0: none does", (0, inf)] = 0.8
    nothing: Annotated[float, "seconds without any speech after which the search begins anew", (0, inf)] = 5.0
    max_seconds: Annotated[float, "end an utterance of this many seconds at a short pause", (1, inf)] = 20.0
    settle: Annotated[float, "call a word stable after this many seconds; 0: when all hypotheses agree", (0, inf)] = 0.4
    sure: Annotated[float, "call a word stable at once if its probability reaches this; 1: never", (0.5, 1)] = 0.95

    def __post_init__(self) -> None:
        declarations.check_settings(self)


def default_config(n_units: int, is_transducer: bool = False) -> DecodingConfig:
    """What commands search with where nobody says otherwise: of thousands of units a beam extends by the likely ones
    alone, and hypotheses of CTC recombine."""
    if is_transducer:
        config = DecodingConfig(beam=TRANSDUCER_BEAM)
    else:
        config = DecodingConfig(recombine=True)
    return replace(config, cutoff_prob=CUTOFF_PROB, cutoff_top=CUTOFF_TOP) if n_units > MANY_UNITS else config
