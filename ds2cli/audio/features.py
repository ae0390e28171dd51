"""Waveforms to features, a batch at a time, on whatever device the waveforms are on."""

import math

import torch
from torch import Tensor, nn

from ds2cli.config import FeatureConfig

# Power is divided by the window's, so that white noise of unit RMS has a power of 1 in every bin. The floor is 60 dB
# below that: under the noise of real recordings, far above float32's rounding.
FLOOR = 1e-6
# Where the mean is adapted, the corpus's counts as this much of each utterance. With much less, a command of one second
# would be heard by a mean of its own few sounds.
PRIOR_SECONDS = 2.0
SILENT = 1e-10  # deviation of silence, which stays zero
INT16_SCALE = 32768 / 32767  # to deepspeech.pytorch's samples, for `magnitude`
Heard = tuple[Tensor, int]  # of streams at one place: (B, F) float64 sum of the frames so far, and how many they are


def n_bins(settings: FeatureConfig) -> int:
    """F, the size of a frame: 161 for 20 ms at 16 kHz."""
    return {"mel": settings.n_mels, "mfcc": settings.n_mfcc}.get(settings.kind, fft_samples(settings) // 2 + 1)


def window_samples(settings: FeatureConfig) -> int:
    return round(settings.window_seconds * settings.sample_rate)


def hop_samples(settings: FeatureConfig) -> int:
    return round(settings.hop_seconds * settings.sample_rate)


def fft_samples(settings: FeatureConfig) -> int:
    """The window's own length for the spectrogram (the paper's 161 bins); for mel bands a power of two, at least 1.4
    windows and so long that the lowest band, the narrowest, cannot fall between two bins."""
    window = window_samples(settings)
    if settings.kind in ("spectrogram", "magnitude"):
        return window
    edges = _mel_edges(settings)
    finest = settings.sample_rate / float(edges[2] - edges[0])
    return 2 ** math.ceil(max(math.log2(window) + 0.5, math.log2(finest)))


def n_frames(samples: Tensor | int, settings: FeatureConfig):
    """Whole windows that fit into so many samples; at least one, as shorter recordings are padded to a window."""
    count = (samples + 2 * margin(settings) - window_samples(settings)) // hop_samples(settings) + 1
    return count.clamp(min=1) if isinstance(count, Tensor) else max(count, 1)


def margin(settings: FeatureConfig) -> int:
    """Samples that are mirrored at either end, so that the first frame is centred on the first sample."""
    return window_samples(settings) // 2 if settings.kind == "magnitude" else 0


def mirrored(waveforms: Tensor, lengths: Tensor, width: int) -> Tensor:
    """(B, samples) -> (B, width + samples + width): each waveform goes on beyond its two ends as in a mirror."""
    places = torch.arange(-width, waveforms.shape[1] + width, device=waveforms.device).abs()
    places = torch.minimum(places, 2 * (lengths[:, None] - 1) - places)
    return waveforms.gather(1, places.clamp(0, waveforms.shape[1] - 1))


def prior_frames(settings: FeatureConfig) -> float:
    """How many frames of an utterance the corpus's mean counts as, where it is adapted."""
    return PRIOR_SECONDS / settings.hop_seconds


def frame_mask(lengths: Tensor, n: int) -> Tensor:
    """(B,) lengths -> (B, n) bool: which frames are real."""
    return torch.arange(n, device=lengths.device) < lengths[:, None]


class Frontend(nn.Module):
    """How the network hears: log power in each frame and bin, standardised; padding is zero.

    Amodei et al. 2016 (arXiv:1512.02595), section 3: a spectrogram of power normalised audio. The statistics are the
    training set's and travel in the checkpoint, so that a stream hears what training heard. `statistics = "adapted"`
    moves the mean to that of each utterance (its speaker, room and microphone), as far as its length warrants: the
    posterior mean under the corpus's as prior (Gauvain and Lee 1994, IEEE Trans. Speech and Audio Processing 2(2)).
    `statistics = "running"` is that mean over what was heard so far, frame by frame, which a stream can have too.
    `statistics = "utterance"` takes each utterance's own mean and deviation instead, "overall" one of each for all
    bins.

    `kind = "magnitude"` with "overall" is what deepspeech.pytorch heard (its releases 2 and 3): log(1 + |STFT|) of
    periodic Hamming windows, centred as librosa's stft did then, mirrored at the ends, samples scaled by 1 / 32767.
    """

    window: Tensor
    bands: Tensor
    cosines: Tensor
    mean: Tensor
    deviation: Tensor

    def __init__(self, settings: FeatureConfig) -> None:
        super().__init__()
        self.settings, self.fft_samples = settings, fft_samples(settings)
        self.register_buffer("window", _window(settings), persistent=False)
        self.register_buffer("bands", _mel_bands(settings), persistent=False)
        self.register_buffer("cosines", _cosines(settings), persistent=False)
        self.register_buffer("mean", torch.zeros(n_bins(settings)))
        self.register_buffer("deviation", torch.ones(n_bins(settings)))

    def forward(self, waveforms: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """waveforms  (B, samples) float amplitude, zero beyond each length
        lengths    (B,) int64 samples
        returns    (B, T, F) standardised features, zero beyond each utterance, and (B,) int64 frames
        """
        features, frames = self.log_features(waveforms, lengths)
        mask = frame_mask(frames, features.shape[1])[..., None]
        if self.settings.statistics == "running":
            return self.standardise_running(features, self.nothing_heard(len(features)))[0] * mask, frames
        if self.settings.statistics == "overall":
            return _overall(features, mask, frames[:, None, None]), frames
        mean, deviation = self._statistics(features, mask, frames[:, None, None])
        return (features - mean) / (deviation + 1e-5) * mask, frames

    def nothing_heard(self, n_streams: int) -> Heard:
        """What the running mean begins with."""
        return self.mean.new_zeros(n_streams, len(self.mean), dtype=torch.float64), 0

    def standardise_running(self, features: Tensor, heard: Heard) -> tuple[Tensor, Heard]:
        """Features (B, T, F), each by the mean of itself and all before it, and what has been heard after them.

        The sum is kept in double precision, as a stream may go on for days.
        """
        total, count = heard
        sums = total[:, None] + features.double().cumsum(1)
        counts = count + torch.arange(1, features.shape[1] + 1, device=features.device)[:, None]
        prior = prior_frames(self.settings)
        mean = ((sums + prior * self.mean) / (counts + prior)).float()
        after = (sums[:, -1], count + features.shape[1]) if features.shape[1] else heard
        return (features - mean) / (self.deviation + 1e-5), after

    def _statistics(self, features: Tensor, mask: Tensor, count: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and deviation, (F,) or (B, 1, F) each, that `features` are standardised by."""
        if self.settings.statistics == "corpus":
            return self.mean, self.deviation
        total = (features * mask).sum(1, keepdim=True)
        if self.settings.statistics == "adapted":
            prior = prior_frames(self.settings)
            return (total + prior * self.mean) / (count + prior), self.deviation
        mean = total / count
        return mean, (((features - mean) * mask).square().sum(1, keepdim=True) / count).sqrt()

    def scale_frequencies(self, features: Tensor, scales: Tensor) -> Tensor:
        """(B, T, F) standardised features of a spectrogram or mel bands, their frequencies times `scales` (B,) heard.

        Each bin takes what lies at its centre times the scale, between two bins in proportion; what would lie above the
        last bin is the last bin's (vocal-tract-length perturbation, Jaitly and Hinton 2013).
        """
        places = _bins_at(self.settings, scales).to(features.device)  # (B, F)
        below = places.floor().clamp(max=features.shape[2] - 2)
        share = (places - below)[:, None].to(features.dtype)
        below = below.long()[:, None].expand(features.shape)
        return features.gather(2, below) * (1 - share) + features.gather(2, below + 1) * share

    def log_features(self, waveforms: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """The features before they are standardised: natural log of power (mel: of band power; mfcc: its cosines)."""
        window = window_samples(self.settings)
        if waveforms.shape[1] < window:
            waveforms = nn.functional.pad(waveforms, (0, window - waveforms.shape[1]))
        if self.settings.normalise_power:
            power = waveforms.square().sum(1) / lengths.clamp(min=1)
            waveforms = waveforms / power.clamp(min=1e-10).sqrt()[:, None]
        if self.settings.kind == "magnitude":
            waveforms = mirrored(waveforms, lengths, margin(self.settings))
        return self.log_power(waveforms), n_frames(lengths, self.settings)

    def log_power(self, waveforms: Tensor) -> Tensor:
        """(B, samples) of a window at least, at the power that they are heard at -> (B, T, F)."""
        framed = waveforms.unfold(1, len(self.window), hop_samples(self.settings)) * self.window  # (B, T, window)
        spectrum = torch.fft.rfft(framed, n=self.fft_samples)
        power = spectrum.real.square() + spectrum.imag.square()
        if self.settings.kind == "magnitude":
            return (power.sqrt() * INT16_SCALE).log1p()
        power = power / self.window.square().sum()
        if self.settings.kind == "spectrogram":
            return (power + FLOOR).log()
        mel = (power @ self.bands + FLOOR).log()
        return mel @ self.cosines if self.settings.kind == "mfcc" else mel

    @torch.no_grad()
    def fit(self, mean: Tensor, deviation: Tensor) -> None:
        """Take the training set's statistics, (F,) each."""
        self.mean.copy_(mean)
        self.deviation.copy_(deviation)


def _overall(features: Tensor, mask: Tensor, count: Tensor) -> Tensor:
    """Features (B, T, F) standardised by one mean and one deviation each, of `count` frames; zero beyond them."""
    count = count * features.shape[2]
    mean = (features * mask).sum((1, 2), keepdim=True) / count
    centred = (features - mean) * mask
    deviation = (centred.square().sum((1, 2), keepdim=True) / (count - 1)).sqrt()
    return centred / deviation.clamp(min=SILENT)


def _window(settings: FeatureConfig) -> Tensor:
    size = window_samples(settings)
    return torch.hamming_window(size) if settings.kind == "magnitude" else torch.hann_window(size, periodic=False)


def _cosines(settings: FeatureConfig) -> Tensor:
    """(n_mels, n_mfcc) the first cosines of the orthonormal DCT-II over the mel bands."""
    bands = torch.arange(settings.n_mels, dtype=torch.float64)
    cosines = torch.arange(settings.n_mfcc, dtype=torch.float64)
    matrix = torch.cos(math.pi / settings.n_mels * (bands[:, None] + 0.5) * cosines) * math.sqrt(2 / settings.n_mels)
    matrix[:, 0] /= math.sqrt(2)
    return matrix.float()


def _mel_bands(settings: FeatureConfig) -> Tensor:
    """(bins, n_mels) triangular bands, equally spaced on the mel scale 2595 log10(1 + f / 700), each of unit area."""
    size = fft_samples(settings)
    frequencies = torch.linspace(0, settings.sample_rate / 2, size // 2 + 1, dtype=torch.float64)
    edges = _mel_edges(settings)
    rising = (frequencies[:, None] - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - frequencies[:, None]) / (edges[2:] - edges[1:-1])
    bands = torch.minimum(rising, falling).clamp(min=0)
    return (bands / bands.sum(0)).float()


def _bins_at(settings: FeatureConfig, scales: Tensor) -> Tensor:
    """(B, F) the bin, with its fraction, where each bin's centre times `scales` (B,) lies; at most the last."""
    last = n_bins(settings) - 1
    if settings.kind != "mel":
        places = torch.arange(last + 1, dtype=torch.float64) * scales[:, None]
    else:
        edges = _mel_edges(settings)
        step = 2595 * math.log10(1 + float(edges[1]) / 700)
        places = 2595 * (1 + edges[1:-1] * scales[:, None] / 700).log10() / step - 1
    return places.clamp(0, last)


def _mel_edges(settings: FeatureConfig) -> Tensor:
    """(n_mels + 2,) Hz: where each band begins, peaks and ends is where its neighbours peak."""
    top = 2595 * math.log10(1 + settings.sample_rate / 2 / 700)
    return 700 * (10 ** (torch.linspace(0, top, settings.n_mels + 2, dtype=torch.float64) / 2595) - 1)
