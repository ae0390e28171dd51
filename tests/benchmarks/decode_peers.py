"""The decoders that ours is measured beside, each behind the same call: (T, V) log-probs to text."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from posteriors import UNITS

Decoder = Callable[[np.ndarray], str]
LN10 = float(np.log(10.0))


def ours(arpa: Path, words: list[str], alpha: float, beta: float, beam: int, **pruning: float) -> Decoder:
    from ds2cli.decoding.beam import BeamDecoder
    from ds2cli.decoding.settings import DecodingConfig
    from ds2cli.decoding.tokens import tokens_of
    from ds2cli.language.model import load_ngram_model

    model = _once("ours", lambda: load_ngram_model(arpa))
    tokens = _once("our tokens", lambda: tokens_of(UNITS, model, []))
    decoder = BeamDecoder(UNITS, DecodingConfig(alpha=alpha, beta=beta, beam=beam, **pruning), model, tokens)
    return lambda log_probs: decoder.decode(log_probs)[0].text


def pyctcdecode(arpa: Path, words: list[str], alpha: float, beta: float, beam: int) -> Decoder:
    from pyctcdecode import build_ctcdecoder

    decoder = _once("pyctcdecode", lambda: build_ctcdecoder(["", *UNITS.names[1:]], str(arpa), words))
    decoder.reset_params(alpha=alpha, beta=beta)
    return lambda log_probs: decoder.decode(log_probs, beam_width=beam)


def ctc_beam_decoder(arpa: Path, words: list[str], alpha: float, beta: float, beam: int) -> Decoder:
    from ctc_beam_decoder import build_ctcdecoder

    decoder = build_ctcdecoder(["", *UNITS.names[1:]], str(arpa), words, alpha=alpha, beta=beta)
    return lambda log_probs: decoder.decode(log_probs, beam_width=beam)


def flashlight(arpa: Path, words: list[str], alpha: float, beta: float, beam: int) -> Decoder:
    """flashlight-text with a lexicon, as torchaudio sets it up: maximum smearing, all units, threshold 50."""
    decoder, dictionary = flashlight_decoder(arpa, words, alpha, beta, beam)

    def decode(log_probs: np.ndarray) -> str:
        frames = np.ascontiguousarray(log_probs, np.float32)
        best = decoder.decode(frames.ctypes.data, *frames.shape)[0]
        return " ".join(dictionary.get_entry(word) for word in best.words if word >= 0)

    return decode


def flashlight_decoder(arpa: Path, words: list[str], alpha: float, beta: float, beam: int, adds: bool = False) -> tuple:
    """The decoder, and its dictionary of words; adds: the probabilities of paths, in place of the best path's alone."""
    from flashlight.lib.text.decoder import CriterionType, LexiconDecoder, LexiconDecoderOptions

    model, trie, dictionary = _once("flashlight", lambda: _flashlight_trie(arpa, words))
    # Its language model's scores are logarithms to base 10, and so its weight is ln 10 times ours.
    options = LexiconDecoderOptions(beam, len(UNITS), 50.0, alpha * LN10, beta, -np.inf, 0.0, adds, CriterionType.CTC)
    return LexiconDecoder(options, trie, model, 1, 0, dictionary.get_index("<unk>"), [], False), dictionary


def _flashlight_trie(arpa: Path, words: list[str]) -> tuple:
    from flashlight.lib.text.decoder import SmearingMode, Trie
    from flashlight.lib.text.decoder.kenlm import KenLM
    from flashlight.lib.text.dictionary import create_word_dict, load_words

    with tempfile.NamedTemporaryFile("w", suffix=".lexicon", encoding="utf-8") as file:
        spellable = [word for word in words if not UNITS.unknown(word)]
        file.writelines(f"{word}\t{' '.join(word)} |\n" for word in spellable)
        file.flush()
        lexicon = load_words(file.name)
    dictionary = create_word_dict(lexicon)
    model = KenLM(str(arpa), dictionary)
    trie, start = Trie(len(UNITS), 1), model.start(False)
    for word in spellable:
        index = dictionary.get_index(word)
        trie.insert([*UNITS.encode(word), 1], index, model.score(start, index)[1])
    trie.smear(SmearingMode.MAX)
    return model, trie, dictionary


PEERS = {"flashlight-text": flashlight, "ctc-beam-decoder": ctc_beam_decoder, "pyctcdecode": pyctcdecode}
_made: dict[str, object] = {}


def _once(name: str, make: Callable[[], object]):
    return _made.setdefault(name, None) or _made.update({name: make()}) or _made[name]
