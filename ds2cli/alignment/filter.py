"""Good transcripts from bad ones: a logistic regression on the features of a segment's alignment.

Amodei et al. 2016 (arXiv:1512.02595), section 5.1: a linear classifier on the CTC cost and its kin.
"""

import json
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from ds2cli import hints
from ds2cli.alignment.features import NAMES
from ds2cli.errors import UsageError
from ds2cli.io.remote import local_copy


@dataclass(frozen=True)
class Filter:
    """p(the transcript is what was said) = 1 / (1 + exp(-(bias + weights . standardised features))).

    names      the features, in order; costs and lengths enter as log(1 + x)
    mean, deviation, weights  (F,) each
    threshold  segments below it are left out
    about      what it was fitted on and how well it does, for people
    """

    names: tuple[str, ...]
    mean: np.ndarray
    deviation: np.ndarray
    weights: np.ndarray
    bias: float
    threshold: float = 0.5
    about: dict[str, Any] = field(default_factory=dict)

    def confidences(self, features: list[dict[str, float]]) -> np.ndarray:
        """(N,) probabilities that transcripts are right."""
        if not features:
            return np.zeros(0)
        values = (to_matrix(features, self.names) - self.mean) / self.deviation
        return 1 / (1 + np.exp(-np.clip(values @ self.weights + self.bias, -50, 50)))

    def to_json(self) -> str:
        content = {**vars(self), **{name: getattr(self, name).round(6).tolist()
                                    for name in ("mean", "deviation", "weights")}}
        return json.dumps(content, indent=1) + "\n"


def to_matrix(features: list[dict[str, float]], names: tuple[str, ...] = NAMES) -> np.ndarray:
    """(N, F) of the named features; log(1 + x), because costs and lengths spread over orders of magnitude.

    raises  UsageError where one is missing or no number
    """
    try:
        matrix = np.array([[float(one[name]) for name in names] for one in features])
    except (KeyError, TypeError, ValueError):
        raise UsageError(f"a record without the features {', '.join(names)}",
                         hint=hints.ALL_SEGMENTS) from None
    return np.log1p(np.nan_to_num(matrix, posinf=1e6).clip(min=0))


def fit_filter(
    features: list[dict[str, float]], good: np.ndarray, names: tuple[str, ...] = NAMES, ridge: float = 1.0
) -> Filter:
    """The filter of the greatest penalised likelihood, by Newton's method.

    good   (N,) bool
    ridge  strength of the squared penalty on weights of standardised features
    raises UsageError where all are good or all are bad
    """
    if good.all() or not good.any():
        raise UsageError("a filter needs good segments and bad ones", hint="label them with a field: \"good\": false")
    values = to_matrix(features, names)
    mean, deviation = values.mean(0), values.std(0) + 1e-9
    inputs = np.column_stack([(values - mean) / deviation, np.ones(len(values))])
    penalty = np.diag([ridge] * len(names) + [0.0])
    weights = np.zeros(len(names) + 1)
    for _ in range(100):
        p = 1 / (1 + np.exp(-inputs @ weights))
        gradient = inputs.T @ (p - good) + penalty @ weights
        curvature = (inputs * (p * (1 - p))[:, None]).T @ inputs + penalty + 1e-9 * np.eye(len(weights))
        step = np.linalg.solve(curvature, gradient)
        weights -= step
        if np.abs(step).max() < 1e-8:
            break
    return Filter(names, mean, deviation, weights[:-1], float(weights[-1]))


def read_filter(path: Path | None) -> Filter:
    """A filter from its file; None is the one that ds2 brings.

    raises  UsageError where the file is not a filter
    """
    source = local_copy(path) if path else files("ds2cli.alignment") / "filter.json"
    try:
        content = json.loads(source.read_text(encoding="utf-8"))
        mean, deviation, weights = (
            np.array(content.pop(name), dtype=np.float64) for name in ("mean", "deviation", "weights")
        )
        names = tuple(content.pop("names"))
        if any(array.shape != (len(names),) for array in (mean, deviation, weights)):
            raise ValueError
        return Filter(names, mean, deviation, weights, **content)
    except OSError:
        raise UsageError(f"no such file: `{path}`", hint=hints.FIT_FILTER) from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise UsageError(f"`{path}` is not a filter", hint=hints.FIT_FILTER) from None


def area_under_curve(confidences: np.ndarray, good: np.ndarray) -> float:
    """Of the receiver operating characteristic: how often a good segment outranks a bad one (ties count half)."""
    order = np.argsort(confidences, kind="stable")
    ranks = np.empty(len(order))
    ranks[order] = np.arange(1, len(order) + 1)
    values, inverse = np.unique(confidences, return_inverse=True)
    ranks = (np.bincount(inverse, ranks, len(values)) / np.bincount(inverse, minlength=len(values)))[inverse]
    n_good = int(good.sum())
    return float((ranks[good].sum() - n_good * (n_good + 1) / 2) / (n_good * (len(good) - n_good)))
