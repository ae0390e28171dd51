"""Every setting of an experiment on one page: type, meaning, unit and default, declared once.

Help texts, TOML files, flags and checkpoints read them from here. `ds2cli.settings` lays preset, file and flags over
these defaults.
"""

from dataclasses import dataclass, field
from math import inf
from typing import Annotated, ClassVar, Literal

from ds2cli import hints
from ds2cli.declarations import Contradiction

Kernel = tuple[int, ...]

# The least and the greatest value of a number, or of each number in a list; infinite itself, none may be.
FROM_0, FROM_1, ABOVE_0, SHARE, BELOW_1 = (0, inf), (1, inf), (1e-6, inf), (0, 1), (0, 0.9999)
SIZE = (1, 1e6)

# Settings that name files or folders, by section.
PATHS = (("augment", "noise"), ("loss", "lm"), ("loss", "teachers"), ("train", "predictor_texts"))


@dataclass(frozen=True)
class FeatureConfig:
    """How sound becomes features (Amodei et al. 2016, section 3.1)."""

    kind: Annotated[
        Literal["spectrogram", "mel", "mfcc", "magnitude"],
        "what a frame holds; magnitude is deepspeech.pytorch's: log(1 + m) of Hamming windows, centred on their times",
    ] = "spectrogram"
    sample_rate: Annotated[int, "samples per second; other rates are resampled", (1000, 1e6)] = 16000
    window_seconds: Annotated[float, "length of the window", (0.002, 1)] = 0.02
    hop_seconds: Annotated[float, "step from one frame to the next", (0.001, 1)] = 0.01
    n_mels: Annotated[int, "mel bands, for mel and mfcc", (1, 1000)] = 64
    n_mfcc: Annotated[int, "cepstral coefficients, for mfcc", FROM_1] = 40
    normalise_power: Annotated[bool, "scale each recording to unit RMS power"] = True
    statistics: Annotated[
        Literal["corpus", "adapted", "running", "utterance", "overall"],
        "standardise each bin by the training set's mean and deviation; by a mean adapted to the utterance, or to what "
        "was heard of it so far, as a stream can; by its own; all bins by one mean and deviation of the utterance",
    ] = "corpus"


@dataclass(frozen=True)
class ModelConfig:
    """The network (section 3): convolutions, recurrent layers, lookahead, fully connected layers."""

    conv_channels: Annotated[tuple[int, ...], "output channels of each convolution, 0 to 3 of them", SIZE] = (32, 32)
    conv_kernels: Annotated[
        tuple[Kernel, ...], "[frequency, time] of each 2-D convolution; [time] makes it 1-D", SIZE
    ] = ((41, 11), (21, 11))
    conv_strides: Annotated[tuple[Kernel, ...], "strides, shaped as conv_kernels", SIZE] = ((2, 2), (2, 1))
    rnn: Annotated[Literal["rnn", "relu", "gru", "lstm"], "kind of recurrence; rnn is the paper's clipped ReLU"] = "gru"
    rnn_layers: Annotated[int, "stacked recurrent layers", (0, 1000)] = 5
    rnn_size: Annotated[int, "cells of each layer and direction", SIZE] = 512
    bidirectional: Annotated[bool, "bidirectional; the outputs of both directions are summed"] = True
    batch_norm: Annotated[
        Literal["none", "input", "preactivation"],
        "over valid frames: none; of a recurrent layer's input (fast); of W h, after the matrix (the paper's)",
    ] = "input"
    lookahead: Annotated[int, "future frames of the lookahead convolution after the last layer; 0: none", (0, 1e5)] = 0
    fully_connected: Annotated[tuple[int, ...], "sizes of the fully connected layers before the output", SIZE] = ()
    dropout: Annotated[float, "share of activations dropped between layers in training", BELOW_1] = 0.0
    head: Annotated[
        Literal["ctc", "transducer"], "what spells: CTC; or a transducer, whose prediction network knows what was said"
    ] = "ctc"
    predictor: Annotated[
        Literal["lstm", "stateless"], "transducer: a prediction network of all labels so far, or of the last two"
    ] = "lstm"
    predictor_size: Annotated[int, "transducer: cells of the prediction network", SIZE] = 256
    joint_size: Annotated[int, "transducer: cells of the joint network", SIZE] = 256


@dataclass(frozen=True)
class AugmentConfig:
    """What is done to the training speech, seeded by seed, epoch and utterance."""

    speeds: Annotated[tuple[float, ...], "speed factors, one drawn per utterance; change pitch", (0.1, 10)] = (1.0,)
    tempos: Annotated[tuple[float, ...], "tempo factors, one drawn per utterance; keep pitch", (0.1, 10)] = (1.0,)
    pauses: Annotated[float, "pauses become longer or shorter, by a factor from [1 / x, x]", (1, 10)] = 1.0
    gain_db: Annotated[float, "gain drawn from [-x, x] dB (seen only without normalise_power)", FROM_0] = 0.0
    noise: Annotated[str, "folder or manifest of noise recordings; empty: none"] = ""
    noise_share: Annotated[float, "share of utterances that get noise (the paper's 40 %)", SHARE] = 0.4
    noise_snr_db: Annotated[tuple[float, float], "signal-to-noise ratio, from this range", (-100, 100)] = (0.0, 20.0)
    narrowband_share: Annotated[
        float, "share of utterances heard as over a telephone, without sound above 4 kHz", SHARE
    ] = 0.0
    time_masks: Annotated[int, "SpecAugment: number of time masks", FROM_0] = 0
    time_mask_frames: Annotated[int, "SpecAugment: longest time mask (at most a fifth of the utterance)", FROM_0] = 40
    frequency_masks: Annotated[int, "SpecAugment: number of frequency masks", FROM_0] = 0
    frequency_mask_bins: Annotated[int, "SpecAugment: widest frequency mask", FROM_0] = 15
    mask_after: Annotated[
        float, "share of the schedule before the first masks and dropout, without which the alignment is found sooner",
        SHARE,
    ] = 0.0
    vocal_tract: Annotated[
        float, "VTLP: the frequencies of each utterance are scaled by a factor from [1 - x, 1 + x]", BELOW_1
    ] = 0.0
    segmentation: Annotated[
        float,
        "units of pieces: each word is cut anew in every epoch, in proportion to a cut's probability to this power; "
        "0: always the likeliest (Kudo 2018 takes 0.2)", FROM_0,
    ] = 0.0
    consistency: Annotated[
        float, "CR-CTC: weight of the divergence between two masked views of each utterance; 0 is one view", FROM_0
    ] = 0.0


@dataclass(frozen=True)
class BatchConfig:
    """How utterances become batches: by seconds, from length buckets."""

    seconds: Annotated[float, "padded seconds of audio per step, over all processes", ABOVE_0] = 240.0
    utterances: Annotated[int, "maximum number of utterances per step", FROM_1] = 256
    accumulate: Annotated[int, "number of parts in which a step is computed, to save memory", FROM_1] = 1
    sorta_grad: Annotated[bool, "first epoch in order of length (section 3.3)"] = True
    max_seconds: Annotated[float, "longer utterances are left out", ABOVE_0] = 30.0
    workers: Annotated[int, "processes that read and augment; 0: the training process does it", FROM_0] = 0
    cache_gb: Annotated[float, "maximum of decoded audio kept in memory (without workers)", FROM_0] = 2.0


@dataclass(frozen=True)
class OptimizerConfig:
    """How weights move."""

    kind: Annotated[Literal["adamw", "sgd"], "AdamW, or the paper's SGD with Nesterov momentum"] = "adamw"
    learning_rate: Annotated[float, "peak learning rate", FROM_0] = 1e-3
    weight_decay: Annotated[float, "AdamW's decoupled weight decay, for matrices only", FROM_0] = 0.01
    momentum: Annotated[float, "momentum of SGD", BELOW_1] = 0.99
    clip_norm: Annotated[float, "largest gradient norm; 0 turns clipping off (the paper's 400)", FROM_0] = 400.0
    schedule: Annotated[
        Literal["anneal", "cosine", "onecycle", "plateau", "constant"],
        "the paper's division every epoch; a cosine to zero; up and down; division where the dev loss stays; none",
    ] = "anneal"
    warmup: Annotated[float, "share of all steps in which the rate rises from 1/25 of its peak", SHARE] = 0.0
    annealing: Annotated[float, "the rate is divided by this every epoch, or at every plateau", ABOVE_0] = 1.2
    plateau: Annotated[int, "evaluations without a better dev loss before the rate is divided", FROM_0] = 2
    average: Annotated[float, "decay per step of averaged weights, evaluated and saved; 0: none", BELOW_1] = 0.0


@dataclass(frozen=True)
class TrainConfig:
    """How long, how often, how surely."""

    epochs: Annotated[int, "passes over the training set", FROM_1] = 20
    minutes: Annotated[float, "shorten the schedule to end by then; 0: no limit", FROM_0] = 0.0
    seed: Annotated[int, "random seed", (0, 2**31)] = 1
    patience: Annotated[int, "evaluations without improvement before the run ends early; 0: never", FROM_0] = 0
    keep: Annotated[int, "number of checkpoints kept, for ds2 average", FROM_0] = 0
    tensorboard: Annotated[bool, "also write events for TensorBoard (needs the extra `tensorboard`)"] = False
    evaluate_every: Annotated[int, "epochs between evaluations", FROM_1] = 1
    save_seconds: Annotated[float, "seconds between saves inside an epoch", FROM_0] = 600.0
    precision: Annotated[Literal["auto", "float32", "bf16"], "auto: bf16 on a GPU, float32 on a CPU"] = "auto"
    synchronise_statistics: Annotated[bool, "compute batch statistics over all processes together"] = True
    predictor_texts: Annotated[
        str, "transducer: texts or records that its prediction network learns first, as a language model; empty: none"
    ] = ""
    predictor_epochs: Annotated[int, "epochs of pretraining on them", FROM_1] = 5


@dataclass(frozen=True)
class LossConfig:
    """What is brought down. The held-out loss is CTC's, or a transducer's own."""

    kind: Annotated[
        Literal["ctc", "ctc_crf", "transducer"],
        "CTC; CTC-CRF, the text against all other texts as an n-gram of units weighs them; the transducer's",
    ] = "ctc"
    lm: Annotated[str, "for ctc_crf: the n-gram of units, an ARPA file; the run keeps a copy"] = ""
    ctc_weight: Annotated[float, "for ctc_crf and transducer: weight of the added CTC loss", FROM_0] = 0.1
    prune: Annotated[
        int, "transducer: places between labels where a frame is learned, found by a simple joiner; 0: all", (0, 1e5)
    ] = 0
    simple_weight: Annotated[float, "with prune: weight of the added loss of the simple joint network", FROM_0] = 0.5
    teachers: Annotated[
        tuple[str, ...],
        "CTC runs whose answers to what is not masked, averaged, are learned too; the run keeps copies",
    ] = ()
    distillation: Annotated[float, "weight of the divergence from the teachers' answers", FROM_0] = 1.0


def _convolutions_differ(config: "Config") -> bool:
    model = config.model
    shapes = {len(one) for one in model.conv_kernels + model.conv_strides}
    counts = len(model.conv_channels), len(model.conv_kernels), len(model.conv_strides)
    return len(set(counts)) > 1 or counts[0] > 3 or not (shapes <= {1} or shapes <= {2})


CONTRADICTIONS = (
    Contradiction(
        ("model.conv_channels", "model.conv_kernels", "model.conv_strides"), _convolutions_differ,
        "the lists that describe the convolutions do not fit each other",
        "as many kernels and strides as channels, 3 at most; all of them [frequency, time], or all [time]",
    ),
    Contradiction(
        ("features.n_mfcc", "features.n_mels"),
        lambda config: config.features.kind == "mfcc" and config.features.n_mfcc > config.features.n_mels,
        "more cepstral coefficients than mel bands", "a cosine transform of n bands has n coefficients",
    ),
    Contradiction(
        ("features.hop_seconds", "features.window_seconds"),
        lambda config: config.features.hop_seconds > config.features.window_seconds,
        "frames that leave out what lies between them", "the hop is at most the window; 0.01 and 0.02 are usual",
    ),
    Contradiction(
        ("features.hop_seconds", "features.sample_rate"),
        lambda config: round(config.features.hop_seconds * config.features.sample_rate) < 1,
        "a hop of less than one sample", "0.01 s is usual",
    ),
    Contradiction(
        ("augment.noise_snr_db",), lambda config: config.augment.noise_snr_db[0] > config.augment.noise_snr_db[1],
        "a range that ends before it begins", "the lower end first: [0, 20]",
    ),
    Contradiction(
        ("augment.speeds",), lambda config: not config.augment.speeds,
        "no speed to draw from", "1.0 is the speed of the recording: [1.0]",
    ),
    Contradiction(
        ("augment.tempos",), lambda config: not config.augment.tempos,
        "no tempo to draw from", "1.0 is the tempo of the recording: [1.0]",
    ),
    Contradiction(
        ("loss.kind", "loss.lm"), lambda config: config.loss.kind == "ctc_crf" and not config.loss.lm,
        "CTC-CRF without an n-gram of units",
        hints.LM_OF_LOSS,
    ),
    Contradiction(
        ("model.head", "loss.kind"),
        lambda config: (config.model.head == "transducer") != (config.loss.kind == "transducer"),
        "a transducer's head learns by the transducer's loss, and no other head does",
        hints.SET_TRANSDUCER,
    ),
    Contradiction(
        ("loss.prune", "loss.kind"),
        lambda config: config.loss.prune == 1 or (config.loss.prune > 0 and config.loss.kind != "transducer"),
        "a transducer's loss is pruned, to two places a frame at least", hints.SET_PRUNE,
    ),
    Contradiction(
        ("augment.consistency", "model.head"),
        lambda config: config.augment.consistency > 0 and config.model.head == "transducer",
        "CR-CTC compares CTC's answers, which a transducer does not give", hints.NO_CONSISTENCY,
    ),
    Contradiction(
        ("loss.teachers", "model.head"),
        lambda config: bool(config.loss.teachers) and config.model.head == "transducer",
        "teachers give CTC's answers, which a transducer does not learn", hints.NO_TEACHERS,
    ),
    Contradiction(
        ("augment.vocal_tract", "features.kind"),
        lambda config: config.augment.vocal_tract > 0 and config.features.kind == "mfcc",
        "another vocal tract scales frequencies, which cepstral coefficients are not", hints.NO_VOCAL_TRACT,
    ),
    Contradiction(
        ("train.predictor_texts", "model.head"),
        lambda config: bool(config.train.predictor_texts) and config.model.head != "transducer",
        "texts for a prediction network, which only a transducer has",
        hints.SET_TRANSDUCER,
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Config:
    """One experiment."""

    features: FeatureConfig = field(default_factory=FeatureConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    augment: AugmentConfig = field(default_factory=AugmentConfig)
    batch: BatchConfig = field(default_factory=BatchConfig)
    optimizer: OptimizerConfig = field(default_factory=OptimizerConfig)
    train: TrainConfig = field(default_factory=TrainConfig)
    loss: LossConfig = field(default_factory=LossConfig)

    contradictions: ClassVar[tuple[Contradiction, ...]] = CONTRADICTIONS
