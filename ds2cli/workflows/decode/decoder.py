"""The decoder that a request asks for: greedy, or a beam with its weights, language model and lexicon."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from ds2cli.declarations import laid_over
from ds2cli.decoding.beam import BeamDecoder
from ds2cli.decoding.coverage import Coverage
from ds2cli.decoding.greedy import GreedyDecoder
from ds2cli.decoding.rescoring import Rescorer, RescoringDecoder
from ds2cli.decoding.settings import RESCORING, TRANSDUCERS, DecodingConfig, default_config
from ds2cli.decoding.tokens import are_letters
from ds2cli.decoding.transducer import TransducerGreedyDecoder, beam_decoder, greedy_decoder
from ds2cli.errors import UsageError
from ds2cli.language.model import NgramModel, load_ngram_model
from ds2cli.runs.decoding import Tuned, read_tuned
from ds2cli.text.lexicon import Lexicon, read_lexicon
from ds2cli.text.units import Units
from ds2cli.workflows.decode.request import DecodeRequest

Decoder = BeamDecoder | RescoringDecoder | GreedyDecoder | TransducerGreedyDecoder


def open_decoder(
    request: DecodeRequest, units: Units, warn: Callable[[str], None], joint: Any = None
) -> Decoder:
    """Greedy, unless there is a language model or a lexicon, or anything else that takes a beam was asked for.

    joint   of a transducer (`joint_of`)
    raises  UsageError where a language model's weight was named and there is none
    """
    tuned = Tuned() if request.greedy or request.layout else read_tuned(request.run)
    lm, overrides = request.lm or tuned.lm, request.overrides or {}
    rescore = request.rescore or (None if request.lm else tuned.rescore)  # a run's own goes with its own first pass
    lexicon_file = request.lexicon_file or tuned.lexicon_file
    if lm is None and "alpha" in overrides:
        raise UsageError("a language model weight without a language model", hint="name one with: --lm lm.arpa")
    _refuse_what_only_a_second_pass_has(overrides, rescore)
    _refuse_what_only_a_transducer_has(overrides, joint)
    if not (lm or rescore or lexicon_file or request.beam_search):
        return greedy_decoder(joint, units, laid_over(DecodingConfig(), overrides, "flag"))
    # The rewards and tuned weights balance a language model; without one, sound alone decides.
    weights = tuned.weights if lm else {"alpha": 0.0, "beta": 0.0}
    if request.n_best > 1 or rescore:  # readings that all begin alike are no list
        weights = {**weights, "settle_frames": 0, "recombine": False}
    config = laid_over(replace(default_config(len(units), joint is not None), **weights), overrides, "flag")
    lexicon = open_lexicon(lexicon_file, units, warn) if lexicon_file else None
    model = open_language_model(lm, warn) if lm else None
    decoder = beam_decoder(joint, units, config, model, lexicon=lexicon)
    if model and not request.letters_are_words and are_letters(units, decoder.tokens, model):
        warn(letters_note(model))
    warn_of_coverage(decoder.tokens.coverage, lm, warn)
    if not rescore:
        return decoder
    chosen = {name: value for name, value in {**tuned.weights, **overrides}.items() if name in RESCORING}
    return with_second_pass(open_rescorer(decoder, rescore, lexicon, warn), chosen)


def open_rescorer(
    first: BeamDecoder, path: Path, lexicon: Lexicon | None, warn: Callable[[str], None]
) -> Rescorer:
    """The language model of a second pass, and a word about one of which little can be said."""
    rescorer = Rescorer(first, open_language_model(path, warn), lexicon)
    warn_of_coverage(rescorer.coverage, path, warn)
    return rescorer


def with_second_pass(rescorer: Rescorer, chosen: dict[str, Any]) -> RescoringDecoder:
    """A search whose hypotheses are rescored; weights that nobody chose are those of the first pass."""
    config = rescorer.first.config
    weights = {"rescore_alpha": config.alpha, "rescore_beta": config.beta} if rescorer.first.model else {}
    return RescoringDecoder(rescorer, replace(config, **{**weights, **chosen}))


def must_have_log_probs(request: DecodeRequest, joint: Any) -> None:
    """raises  UsageError where log-probs are to be saved, and the model is a transducer (`joint`)"""
    if joint and request.log_probs:
        raise UsageError("a transducer has no log-probs to save: they depend on what was said before",
                         hint="leave out --log-probs; a CTC run has some")


def _refuse_what_only_a_second_pass_has(overrides: dict[str, Any], rescore: Path | None) -> None:
    named = [name for name in RESCORING if name in overrides]
    if named and rescore is None:
        raise UsageError(f"`{named[0]}` is a setting of the second pass, and there is none",
                         hint="name a language model that rescores: --rescore big.arpa")


def _refuse_what_only_a_transducer_has(overrides: dict[str, Any], joint: Any) -> None:
    named = [name for name in TRANSDUCERS if name in overrides]
    if named and joint is None:
        raise UsageError(f"`{named[0]}` is a setting of transducers, and this model is none",
                         hint=f"leave out --{named[0].replace('_', '-')}")


def warn_of_coverage(coverage: Coverage | None, lm: Path | None, warn: Callable[[str], None]) -> None:
    """A word about a model of which little can be said."""
    if coverage and not coverage.is_enough:
        warn(f"`{lm}` fits badly: {coverage}; {coverage.cure}")


def open_language_model(path: Path, warn: Callable[[str], None]) -> NgramModel:
    """A language model, and a word about what is odd in its file."""
    model = load_ngram_model(path)
    for note in model.notes:
        warn(note)
    return model


def letters_note(model: NgramModel) -> str:
    return (f"`{model.path}` knows single letters only, which are taken for words; --letters-are-words where they are, "
            "else build one of words: ds2 lm build corpus.txt -o lm.arpa")


def open_lexicon(path: Path, units: Units, warn: Callable[[str], None]) -> Lexicon:
    """A lexicon, and a word about the lines of it that the units cannot spell."""
    lexicon = read_lexicon(path, units)
    if lexicon.left_out:
        symbols = "`, `".join(symbol for symbol, _ in lexicon.left_out.most_common(3))
        warn(f"`{path}`: {lexicon.left_out.total():,} lines left out: no units for `{symbols}`")
    return lexicon
