"""`ds2 lm score`: how well a model foresees a text."""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ds2cli.errors import TextError
from ds2cli.language.model import NgramModel, load_ngram_model
from ds2cli.language.ngrams import BEGIN, END, UNKNOWN
from ds2cli.language.perplexity import LineScore, TextScore, score_lines
from ds2cli.language.texts import read_tokenised
from ds2cli.workflows.lm.lexicon import unsaid_note


def score(model: Path, text: str, units: bool = False, spaces: bool = False,
          per_line: Callable[[LineScore], None] | None = None,
          warn: Callable[[str], None] = lambda note: None, mixed: bool = False,
          lexicon_file: Path | None = None) -> TextScore:
    """The text's score; `per_line` sees each line's, `warn` is told what is odd about the model's file, and which words
    of the text the lexicon does not say.

    raises  LanguageModelError, UsageError for what cannot be read; TextError where the text has no lines
    """
    total = TextScore()
    loaded = load_ngram_model(model)
    for note in loaded.notes:
        warn(note)
    counts: Counter[bytes] = Counter()

    def lines() -> Iterator[list[bytes]]:
        for tokens in read_tokenised(text, units, spaces, mixed):
            counts.update(tokens if lexicon_file else ())
            yield tokens

    for line in score_lines(loaded, lines()):
        total.add(line)
        if per_line:
            per_line(line)
    if not total.lines:
        raise TextError("the text is empty", hint="give one sentence per line")
    if lexicon_file and (note := unsaid_note(counts, lexicon_file)):
        warn(note)
    if not units and 2 * total.oov > total.tokens - total.lines and _knows_characters(loaded):
        warn(f"most words are unknown, and those of `{model}` are single characters: score characters with --units "
             "(--words auto where Latin words stay whole)")
    return total


def _knows_characters(model: NgramModel) -> bool:
    words = [word for word in model.words if word not in (UNKNOWN, BEGIN, END)]
    return 10 * sum(len(word) == 1 for word in words) > 9 * len(words)


def line_record(line: LineScore) -> dict[str, Any]:
    return {"log10_prob": round(line.log10_prob, 6), "tokens": line.tokens, "oov": line.oov}


def text_record(total: TextScore) -> dict[str, Any]:
    return {"perplexity": total.perplexity, "perplexity_without_oov": total.perplexity_without_oov,
            "log10_prob": total.log10_prob, "tokens": total.tokens, "oov": total.oov, "lines": total.lines}
