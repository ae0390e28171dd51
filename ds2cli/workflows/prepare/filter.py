"""Labelled segments to a filter, and how well it tells the good from the bad."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ds2cli.alignment.filter import Filter, area_under_curve, fit_filter
from ds2cli.errors import UsageError
from ds2cli.records.jsonl import Record, read_records

HINT = 'each line needs `features`, as ds2 prepare segment --all writes them, and "good": true or false'


@dataclass(frozen=True)
class FilterFit:
    """How a filter did on labelled segments.

    precision  share of the kept that are good; recall: share of the good that are kept
    left_out   share of the bad that are left out
    area       under the receiver operating characteristic
    """

    name: str
    good: int
    bad: int
    precision: float
    recall: float
    left_out: float
    area: float

    def line(self) -> str:
        return (f"{self.name}: {self.good:,} good, {self.bad:,} bad · precision {100 * self.precision:.1f} % · "
                f"recall {100 * self.recall:.1f} % · bad left out {100 * self.left_out:.1f} % · area {self.area:.3f}")

    def as_json(self) -> dict[str, Any]:
        return {name: round(value, 4) if isinstance(value, float) else value for name, value in vars(self).items()}


def prepare_filter(train: list[str], test: list[str], recall: float | None) -> tuple[Filter, list[FilterFit]]:
    """A filter fitted on `train`, and how it does on each file of both.

    recall  the share of the training set's good segments that its threshold keeps; None: the threshold is 0.5
    """
    features, good = _read(train)
    found = fit_filter(features, good)
    if recall is not None:
        threshold = float(np.quantile(found.confidences(features)[good], 1 - recall))
        found = replace(found, threshold=round(threshold, 6))
    judged = [judge(found, [name], "/".join(Path(name).parts[-2:])) for name in (*train, *test)]
    return replace(found, about={"judged": [one.as_json() for one in judged]}), judged


def judge(found: Filter, files: list[str], name: str) -> FilterFit:
    """How a filter does on labelled segments."""
    features, good = _read(files)
    confidences = found.confidences(features)
    keep = confidences >= found.threshold
    return FilterFit(name, int(good.sum()), int((~good).sum()), _share(good, keep), _share(keep, good),
                  _share(~keep, ~good), area_under_curve(confidences, good) if 0 < good.sum() < len(good) else np.nan)


def _share(what: np.ndarray, among: np.ndarray) -> float:
    return float(what[among].mean()) if among.any() else float("nan")


def _read(files: Iterable[str]) -> tuple[list[dict[str, float]], np.ndarray]:
    records: list[Record] = [record for name in files for _, record in read_records(name, hint=HINT)]
    for record in records:
        if not isinstance(record.get("good"), bool) or not isinstance(record.get("features"), dict):
            raise UsageError(f"`{record.get('id', '?')}` is not a labelled segment", hint=HINT)
    if not records:
        raise UsageError(f"no segments in {', '.join(f'`{name}`' for name in files)}", hint=HINT)
    return [record["features"] for record in records], np.array([record["good"] for record in records])
