"""Whatever the chunks, a stream's log-probs are the whole recording's; nobody's depend on who else streams."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ds2cli.audio.files import read_audio
from ds2cli.config import Config, FeatureConfig, ModelConfig
from ds2cli.errors import UsageError
from ds2cli.inference.stream import Streams, algorithmic_latency
from ds2cli.model.network import two_dimensional
from ds2cli.model.recogniser import Recogniser, pad
from ds2cli.text.units import units_of

pytestmark = pytest.mark.usefixtures("one_thread")

FEATURES = FeatureConfig(kind="mel", n_mels=12, sample_rate=8000, window_seconds=0.032, hop_seconds=0.016,
                         normalise_power=False, statistics="running")  # fmt: skip
CONVOLUTIONS = {
    "2-D": {"conv_channels": (4, 3), "conv_kernels": ((5, 5), (3, 4)), "conv_strides": ((2, 2), (2, 1))},
    "1-D": {"conv_channels": (10, 8), "conv_kernels": ((5,), (4,)), "conv_strides": ((2,), (3,))},
    "thin": {"conv_channels": (5,), "conv_kernels": ((3, 1),), "conv_strides": ((1, 3),)},
    "no": {"conv_channels": (), "conv_kernels": (), "conv_strides": ()},
}


@pytest.fixture(scope="module")
def speech(an4_utterances):
    waves = [read_audio(one.audio, 8000)[2000:] for one in an4_utterances(4)]
    return [wave[:length] for wave, length in zip(waves, (6000, 200, 4100, 2507), strict=True)]


def recogniser_of(model: ModelConfig, speech, features: FeatureConfig = FEATURES) -> Recogniser:
    """A recogniser whose normalisations have statistics of their own."""
    torch.manual_seed(1)
    recogniser = Recogniser(Config(features=features, model=model), units_of(["abc "]))
    recogniser.frontend.fit(torch.full((12,), -4.0), torch.full((12,), 2.5))
    recogniser.train()
    with torch.no_grad():
        for weights in recogniser.parameters():
            weights.add_(0.1 * torch.randn_like(weights))
        recogniser(*pad(speech))
    return recogniser.eval()


def one_way(rnn="gru", norm="input", convolutions="2-D", lookahead=3, fully_connected=(9,)) -> ModelConfig:
    return ModelConfig(rnn=rnn, rnn_layers=2, rnn_size=6, bidirectional=False, batch_norm=norm, lookahead=lookahead,
                       fully_connected=fully_connected, **CONVOLUTIONS[convolutions])  # fmt: skip


def streamed(streams: Streams, waves: list[np.ndarray], cuts: list[list[int]]) -> list[np.ndarray]:
    """Each recording's log-probs, all in one batch; recording i arrives in pieces that end at cuts[i]."""
    states = [streams.start() for _ in waves]
    heard: list[list[np.ndarray]] = [[] for _ in waves]
    edges = [[0, *sorted(cut), len(wave)] for wave, cut in zip(waves, cuts, strict=True)]
    for turn in range(max(map(len, edges)) - 1):
        going = [i for i, edge in enumerate(edges) if turn + 1 < len(edge)]
        pieces = [waves[i][edges[i][turn] : edges[i][turn + 1]] for i in going]
        for i, log_probs in zip(going, streams.accept([states[i] for i in going], pieces), strict=True):
            heard[i].append(log_probs)
    for i, log_probs in enumerate(streams.finish(states)):
        heard[i].append(log_probs)
    return [np.concatenate(parts) for parts in heard]


def must_be_whole(recogniser: Recogniser, waves, cuts) -> None:
    for wave, streaming in zip(waves, streamed(Streams(recogniser), waves, cuts), strict=True):
        whole = recogniser.log_probs([wave])[0]
        assert streaming.shape == whole.shape
        assert np.abs(streaming - whole).max() < 1e-4


@pytest.mark.parametrize("lookahead", [0, 3])
@pytest.mark.parametrize("convolutions", CONVOLUTIONS)
@pytest.mark.parametrize(
    ("rnn", "norm"), list(itertools.product(("rnn", "relu", "gru", "lstm"), ("none", "input", "preactivation")))
)
def test_every_one_directional_network_streams(speech, rnn, norm, convolutions, lookahead):
    model = one_way(rnn, norm, convolutions, lookahead)
    recogniser = recogniser_of(model, speech)
    cuts = [sorted(np.random.default_rng(i).integers(0, len(wave), 9).tolist()) for i, wave in enumerate(speech)]
    for some in (cuts, [[] for _ in speech], [list(range(300, len(wave), 300)) for wave in speech]):
        must_be_whole(recogniser, speech, some)  # few frames at a time go another way than many


@settings(max_examples=40)
@given(data=st.data())
def test_the_log_probs_do_not_depend_on_the_chunks(speech, data):
    recogniser = recogniser_of(one_way("lstm"), speech)
    waves = [wave[: data.draw(st.integers(1, len(wave)))] for wave in speech]
    cuts = [data.draw(st.lists(st.integers(0, len(wave)), max_size=12)) for wave in waves]
    must_be_whole(recogniser, waves, cuts)


def test_sample_by_sample_is_the_same(speech):
    must_be_whole(recogniser_of(one_way(), speech), [speech[3][:1500]], [list(range(1500))])


def test_the_corpus_statistics_stream_too(speech):
    features = replace(FEATURES, statistics="corpus")
    must_be_whole(recogniser_of(one_way(), speech, features), speech, [[700, 701], [], [4000], [5]])


def test_what_is_kept_does_not_grow(speech):
    streams = Streams(recogniser_of(one_way("lstm"), speech))
    stream, sizes = streams.start(), []
    for _ in range(60):
        streams.accept([stream], [speech[0][:800]])
        sizes.append(sum(x.numel() for x in (stream.samples, *stream.frames, *sum(stream.states, ()), stream.future)))
    assert max(sizes[30:]) <= max(sizes[5:30])


@pytest.mark.parametrize(
    ("model", "features", "named"),
    [
        ({"bidirectional": True}, {}, "both directions"),
        ({}, {"normalise_power": True}, "power"),
        ({}, {"statistics": "adapted"}, "adapted"),
        ({}, {"statistics": "utterance"}, "statistics"),
    ],
)
def test_what_needs_the_future_is_refused(speech, model, features, named):
    recogniser = recogniser_of(replace(one_way(), **model), speech, replace(FEATURES, **features))
    with pytest.raises(UsageError, match=named):
        Streams(recogniser)


def test_the_latency_is_how_far_an_answer_hears(speech):
    """Oracle: the samples that the gradient of one answer reaches."""
    model = one_way("gru", "none", "2-D", 3)
    recogniser = recogniser_of(model, speech, replace(FEATURES, statistics="corpus"))
    wave = torch.randn(1, 6000, requires_grad=True)
    log_probs, _ = recogniser(wave, torch.tensor([6000]))
    log_probs[0, 10, 1].backward()
    last = int(wave.grad[0].nonzero().max())
    stride = 2 * two_dimensional(model)[1][1][1]
    begins = 10 * stride * 0.016 * 8000
    assert (last + 1 - begins) / 8000 == pytest.approx(algorithmic_latency(recogniser.config), abs=1.5 / 8000)
