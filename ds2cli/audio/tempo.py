"""Speech slower or faster at its own pitch, and its pauses longer or shorter."""

import numpy as np

HOP_SECONDS = 0.0125  # half a window; a window holds two periods of a deep voice
PAUSE_DB = 30.0  # as far under the speech is what counts as a pause
LEAST_PAUSE_SECONDS = 0.1  # less is the closure of a plosive


def change_tempo(waveform: np.ndarray, sample_rate: int, tempo: float, pause: float = 1.0) -> np.ndarray:
    """(samples,) -> (about samples / tempo,) at the same pitch; pauses last `pause` times as long as they would.

    Waveform similarity overlap-add (WSOLA, Verhelst and Roelands 1993, ICASSP): windows are taken in steps of their own
    and laid down half a window apart, each from the place near its own where it best continues the one before.
    """
    hop = round(HOP_SECONDS * sample_rate)
    if (tempo == 1.0 and pause == 1.0) or len(waveform) < 4 * hop:
        return waveform
    places = _places(waveform, hop, tempo, pause, sample_rate)
    rising = np.hanning(2 * hop + 1)[:hop].astype(np.float32)
    windows = np.pad(waveform, (0, 2 * hop))[places[:, None] + np.arange(2 * hop)]
    windows[1:, :hop] *= rising
    windows[:, hop:] *= 1 - rising
    laid = np.zeros((len(places) + 1, hop), np.float32)
    laid[:-1] = windows[:, :hop]
    laid[1:] += windows[:, hop:]
    return laid.ravel()


def _places(waveform: np.ndarray, hop: int, tempo: float, pause: float, sample_rate: int) -> np.ndarray:
    """Where each window begins in the waveform."""
    in_pause = pauses(waveform, hop, round(LEAST_PAUSE_SECONDS * sample_rate / hop))
    steps = hop * tempo / np.where(in_pause, pause, 1.0)
    coarse = waveform[::2]  # similar enough at half the rate
    width, search = hop, hop // 4
    last = len(waveform) - 2 * hop
    places, place = [0], 0.0
    while True:
        place += steps[int(place) // hop]
        if place > last:
            return np.array(places)
        first = max(int(place) // 2 - search, 0)
        wanted = coarse[(places[-1] + hop) // 2 :][:width]  # what came after the window before
        near = coarse[first : first + width + 2 * search]
        likeness = np.correlate(near, wanted, "valid") if len(near) > len(wanted) else np.zeros(1)
        places.append(min(2 * (first + int(likeness.argmax())), last))


def pauses(waveform: np.ndarray, hop: int, least: int) -> np.ndarray:
    """(samples,) -> (samples // hop + 1,) bool: which hops lie in a pause of at least so many of them."""
    padded = np.pad(waveform, (0, hop - len(waveform) % hop)).reshape(-1, hop)
    power = np.square(padded, dtype=np.float64).mean(1)
    quiet = power < np.percentile(power, 95) * 10 ** (-PAUSE_DB / 10)
    edges = np.flatnonzero(np.diff(np.concatenate(([0], quiet.view(np.int8), [0]))))
    for first, end in edges.reshape(-1, 2):
        quiet[first:end] = end - first >= least
    return quiet
