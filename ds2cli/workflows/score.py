"""What `ds2 score` does: read both sides, pair them, count errors, and say what they mean."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ds2cli.errors import ManifestError
from ds2cli.scoring.inputs.lines import called, read_lines
from ds2cli.scoring.inputs.records import HINT, id_of, name_of, parse_records, text_of
from ds2cli.scoring.pairs import Pair
from ds2cli.scoring.rates import Counts, Rates, score_texts


@dataclass(frozen=True)
class Report:
    """The answer: rates of the corpus, and the pairs that they come from."""

    rates: Rates
    pairs: list[Pair]

    def summary(self) -> dict[str, Any]:
        """Everything but the utterances, ready for JSON; a rate without reference tokens is None."""
        return {
            "wer": self.rates.wer,
            "cer": self.rates.cer,
            "sentence_error_rate": self.rates.sentence_error_rate,
            "utterances": self.rates.utterances,
            "wrong_utterances": self.rates.wrong_utterances,
            "words": counts_of(self.rates.words),
            "characters": counts_of(self.rates.characters),
        }

    def utterances(self) -> Iterable[dict[str, Any]]:
        """Each record with its own counts and word error rate."""
        for pair, row in zip(self.pairs, self.rates.per_utterance.tolist(), strict=True):
            counts = Counts(*row)
            yield {**pair.record, "id": pair.id, **counts_of(counts), "wer": counts.rate}


def counts_of(counts: Counts) -> dict[str, int]:
    """Counts by their names in JSON."""
    return {
        "reference": counts.reference,
        "correct": counts.correct,
        "substitutions": counts.substitutions,
        "deletions": counts.deletions,
        "insertions": counts.insertions,
        "errors": counts.errors,
    }


def score(source: str | Path) -> Report:
    """The report on records that carry `text` and `pred_text`."""
    pairs = list(read_pairs(source))
    rates = score_texts([pair.reference for pair in pairs], [pair.hypothesis for pair in pairs])
    return Report(rates, pairs)


def read_pairs(source: str | Path) -> Iterable[Pair]:
    """Pairs from records that carry both sides.

    raises  ManifestError where a side is missing, an id comes twice, or there is no record at all
    """
    seen: dict[str, int] = {}
    for number, record in parse_records(read_lines(source), called(source)):
        where = f"{called(source)}, line {number}"
        sides = text_of(record, "text", where), text_of(record, "pred_text", where)
        for field, side in zip(("text", "pred_text"), sides, strict=True):
            if side is None:
                raise ManifestError(f"{where}: no field `{field}`", hint=HINT)
        name = id_of(record)
        if name is not None and name in seen:
            raise ManifestError(f"{where}: id `{name}` was already on line {seen[name]}")
        seen[name or name_of(record, number)] = number
        yield Pair(name or name_of(record, number), *sides, record)
    if not seen:
        raise ManifestError(f"{called(source)} holds no records", hint=HINT)
