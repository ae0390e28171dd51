"""What a score says: summary, groups, intervals, confusions, worst utterances, comparison; ready for JSON."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ds2cli.scoring.confusions import BATCH, Confusions, confusions, most_frequent, worst
from ds2cli.scoring.corpus import Corpus
from ds2cli.scoring.edits.distance import CORRECT, SUBSTITUTED
from ds2cli.scoring.inputs.pairs import Pairing
from ds2cli.scoring.normalising import differ_in_punctuation, invisible_characters, only_case_differs
from ds2cli.scoring.oracle import oracle
from ds2cli.scoring.rate_name import RateName, rate_name
from ds2cli.scoring.rates import Counts, total
from ds2cli.scoring.significance import Draws, bootstrap, clusters, matched_pairs, segment_errors

KINDS = ("correct", "substituted", "deleted", "inserted")


@dataclass
class Report:
    """Counts and what they came from; every part is worked out when it is asked for."""

    corpus: Corpus
    pairing: Pairing
    settings: dict[str, Any]
    by: tuple[str, ...] = ()
    comparison: dict[str, Any] | None = None

    @cached_property
    def words(self) -> Counts:
        return total(self.corpus.words)

    @cached_property
    def characters(self) -> Counts:
        return total(self.corpus.characters)

    @cached_property
    def rate_name(self) -> RateName:
        """What `wer` is: WER, PER, CER."""
        by_spaces = self.settings["words"] == "spaces"
        return "WER" if by_spaces else rate_name(
            (pair.reference for pair in self.corpus.pairs), self.settings["words"] == "phones")

    @property
    def wer(self) -> float | None:
        """Errors per hundred words (phones, Chinese characters) of the references; None where there are none."""
        return self.words.rate

    @property
    def cer(self) -> float | None:
        """Character errors, likewise."""
        return self.characters.rate

    def summary(self) -> dict[str, Any]:
        """Everything but the utterances; a rate without reference tokens is None."""
        corpus = self.corpus
        spaceless, wrong = total(corpus.spaceless), int(corpus.wrong.sum())
        answer: dict[str, Any] = {
            "rate": self.rate_name,
            "wer": self.wer,
            "cer": self.cer,
            "cer_no_spaces": spaceless.rate,
            "sentence_error_rate": 100.0 * wrong / len(corpus.pairs) if corpus.pairs else None,
            "wer_interval": self.draws[0].interval if self.settings["bootstrap"] else None,
            "utterances": len(corpus.pairs),
            "wrong_utterances": wrong,
            "words": counts_of(self.words),
            "characters": counts_of(self.characters),
            "characters_no_spaces": counts_of(spaceless),
            "without_hypothesis": self.pairing.without_hypothesis,
            "without_reference": self.pairing.without_reference,
            "ignored": self.pairing.ignored,
            "settings": self.settings,
        }
        if self.settings["words"] == "phones":
            answer["per"] = answer["wer"]
        invisible = self.invisible_characters
        if invisible:
            answer["invisible_characters"] = invisible
        found = oracle(corpus)
        if found:
            answer["oracle"] = {"wer": found[0].rate, "words": counts_of(found[0]), "mean_entries": found[1]}
        latency = [pair.record["latency"] for pair in corpus.pairs if _is_number(pair.record.get("latency"))]
        if latency:
            quantiles = np.percentile(latency, (50, 95, 99)).tolist()
            answer["latency"] = dict(zip(("median", "p95", "p99"), quantiles, strict=True), utterances=len(latency))
        if self.by:
            answer["groups"] = {field: self.groups(field) for field in self.by}
        if self.comparison:
            answer["comparison"] = self.comparison
        return answer

    @property
    def only_case_differs(self) -> bool:
        """Whether one side is in capitals and the other is not."""
        return only_case_differs(self.corpus.pairs)

    @cached_property
    def differ_in_punctuation(self) -> int:
        """How many utterances are wrong by their punctuation alone."""
        return differ_in_punctuation(self.corpus.pairs)

    @cached_property
    def invisible_characters(self) -> dict[str, int]:
        """Characters that nobody sees and that count: `U+200B` and in how many texts it stands."""
        return dict(invisible_characters(self.corpus.pairs).most_common())

    @cached_property
    def draws(self) -> list[Draws]:
        """Rates of random draws of the corpus."""
        return bootstrap([errors_and_tokens(self.corpus)], self.clusters, self.settings["bootstrap"],
                         self.settings["seed"])

    @cached_property
    def clusters(self) -> np.ndarray:
        """The cluster of each utterance, drawn together by the bootstrap."""
        name = self.settings["cluster"]
        labels = [str(pair.record.get(name, "")) for pair in self.corpus.pairs] if name else None
        return clusters(labels, len(self.corpus.pairs))

    def groups(self, name: str) -> dict[str, dict[str, Any]]:
        """Rates for each value of a field, values in alphabetical order; a list puts an utterance into several."""
        members: dict[str, list[int]] = {}
        for n, pair in enumerate(self.corpus.pairs):
            for label in self.labels(pair.record, name):
                members.setdefault(label, []).append(n)
        return {label: self._group(np.array(members[label])) for label in sorted(members)}

    @staticmethod
    def labels(record: dict[str, Any], name: str) -> list[str]:
        """The groups of a field that a record belongs to."""
        value = record.get(name)
        labels = value if isinstance(value, list) and value else [value]
        return ["(none)" if label in (None, "") or not is_finite(label) else str(label) for label in labels]

    def _group(self, which: np.ndarray) -> dict[str, Any]:
        words, characters, _ = self.corpus.rates(which)
        wrong = int(self.corpus.wrong[which].sum())
        return {"utterances": len(which), "wer": words.rate, "cer": characters.rate,
                "sentence_error_rate": 100.0 * wrong / len(which), "wrong_utterances": wrong,
                "words": counts_of(words), "characters": counts_of(characters)}

    def utterances(self) -> Iterator[dict[str, Any]]:
        """Each record with its own counts and rates."""
        rows = zip(self.corpus.pairs, self.corpus.words.tolist(), self.corpus.characters.tolist(), strict=True)
        for pair, words, characters in rows:
            counts = Counts(*words)
            texts = {"text": pair.reference, "pred_text": pair.hypothesis}
            yield {**texts, **pair.record, "id": pair.id, **counts_of(counts), "wer": counts.rate,
                   "cer": Counts(*characters).rate}

    @cached_property
    def confusions(self) -> Confusions:
        """Substitutions, deletions and insertions by how often."""
        return confusions(self.corpus)

    def confusion_table(self, at_most: int) -> dict[str, list[dict[str, Any]]]:
        """The most frequent of each kind."""
        return {
            "substitutions": [{"reference": said, "hypothesis": understood, "count": number}
                              for (said, understood), number in most_frequent(self.confusions.substitutions, at_most)],
            "deletions": [{"reference": word, "count": number}
                          for word, number in most_frequent(self.confusions.deletions, at_most)],
            "insertions": [{"hypothesis": word, "count": number}
                           for word, number in most_frequent(self.confusions.insertions, at_most)],
        }

    def worst(self, at_most: int) -> list[dict[str, Any]]:
        """The utterances with the most word errors, aligned."""
        return self.aligned(worst(self.corpus, at_most))

    def all_aligned(self) -> Iterator[dict[str, Any]]:
        """Every utterance, aligned."""
        for start in range(0, len(self.corpus.pairs), BATCH):
            yield from self.aligned(list(range(start, min(start + BATCH, len(self.corpus.pairs)))))

    def aligned(self, which: list[int]) -> list[dict[str, Any]]:
        """Utterances with their counts and `alignment`: [what happened, reference word, hypothesis word] by word."""
        rows = []
        for n, path in zip(which, self.corpus.alignments(which), strict=True):
            counts = Counts(*self.corpus.words[n].tolist())
            alignment = [[KINDS[kind], said, understood] for kind, said, understood in path]
            rows.append({"id": self.corpus.pairs[n].id, **counts_of(counts), "wer": counts.rate,
                         "record": self.corpus.pairs[n].record, "alignment": alignment})
        return rows


def counts_of(counts: Counts) -> dict[str, int]:
    """Counts by their names in JSON."""
    return {"reference": counts.reference, "correct": counts.correct, "substitutions": counts.substitutions,
            "deletions": counts.deletions, "insertions": counts.insertions, "errors": counts.errors}


def errors_and_tokens(corpus: Corpus) -> np.ndarray:
    """Word errors and reference words of each utterance: (utterances, 2)."""
    words = corpus.words
    return np.stack([words[:, SUBSTITUTED:].sum(1), words[:, CORRECT:3].sum(1)], 1)


def compare_systems(report: Report, other: Corpus, name: str) -> dict[str, Any]:
    """Whether the second system is better: difference of rates with its interval, and MAPSSWE."""
    settings = report.settings
    systems = [errors_and_tokens(report.corpus), errors_and_tokens(other)]
    answer: dict[str, Any] = {"against": name, "wer": total(other.words).rate, "words": counts_of(total(other.words))}
    if report.words.rate is not None and answer["wer"] is not None:
        answer["difference"] = answer["wer"] - report.words.rate
    if settings["bootstrap"]:
        first, second = bootstrap(systems, report.clusters, settings["bootstrap"], settings["seed"])
        differences = second.rates - first.rates
        answer["difference_interval"] = Draws(differences).interval
        answer["probability_better"] = (
            float((differences < 0).mean() + (differences == 0).mean() / 2) if len(differences) else None)
    wrong = np.flatnonzero(report.corpus.wrong | other.wrong).tolist()
    paths = zip(report.corpus.alignments(wrong), other.alignments(wrong), strict=True)
    test = matched_pairs([segment for a, b in paths for segment in segment_errors(a, b)])
    answer["mapsswe"] = {"segments": test.segments, "mean": test.mean, "deviation": test.deviation,
                         "z": test.z, "p": test.p} if test else None
    return answer


def is_finite(value: Any) -> bool:
    """False of NaN and infinity, which some writers put into JSON; True of everything else."""
    return not isinstance(value, float) or math.isfinite(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and is_finite(value)


