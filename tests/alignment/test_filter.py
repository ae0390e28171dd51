import json

import numpy as np
import pytest

from ds2cli.alignment.features import NAMES, ctc_costs, segment_features, worst_window
from ds2cli.alignment.filter import area_under_curve, fit_filter, read_filter, to_matrix
from ds2cli.errors import UsageError
from ds2cli.workflows.prepare.filter import prepare_filter


def random_log_probs(rng, frames, units):
    logits = rng.normal(0, 2, (frames, units))
    return (logits - np.log(np.exp(logits).sum(1, keepdims=True))).astype(np.float32)


def every_path(log_probs, labels):
    """The probability of all paths that spell the labels, by trying every path."""
    import itertools

    frames, units = log_probs.shape
    total = -np.inf
    for path in itertools.product(range(units), repeat=frames):
        spelled = [u for u, before in zip(path, (-1, *path), strict=False) if u != before and u != 0]
        if spelled == list(labels):
            total = np.logaddexp(total, sum(log_probs[t, u] for t, u in enumerate(path)))
    return total


@pytest.mark.parametrize("labels", [[1], [1, 2], [2, 2], [1, 2, 1]])
def test_the_cost_sums_every_path(labels):
    log_probs = random_log_probs(np.random.default_rng(len(labels)), 5, 3)
    cost, = ctc_costs([log_probs], [np.array(labels)])
    assert cost == pytest.approx(-every_path(log_probs, labels), abs=1e-4)


def test_costs_of_a_batch_are_those_of_each_alone():
    rng = np.random.default_rng(1)
    segments = [random_log_probs(rng, frames, 5) for frames in (9, 30, 4, 17)]
    texts = [rng.integers(1, 5, n) for n in (3, 7, 1, 5)]
    together = ctc_costs(segments, texts)
    assert np.allclose(together, [ctc_costs([a], [b])[0] for a, b in zip(segments, texts, strict=True)], atol=1e-4)


@pytest.mark.parametrize("frames", [1, 5, 12, 13, 60])
def test_the_worst_window_is_the_worst_of_all_windows(frames):
    deficits = np.random.default_rng(frames).exponential(1, frames).astype(np.float32)
    width = min(12, frames)
    means = [deficits[at : at + width].mean() for at in range(frames - width + 1)]
    assert worst_window(deficits) == pytest.approx(max(means), rel=1e-5)


def drawn(rng, count, shift):
    names = {name: rng.lognormal(0, 0.3, count) for name in NAMES}
    names["cost_per_label"] = names["cost_per_label"] * np.exp(shift)
    names["worst_window"] = names["worst_window"] * np.exp(shift / 2)
    return [{name: float(values[i]) for name, values in names.items()} for i in range(count)]


def test_the_filter_is_the_greatest_of_the_penalised_likelihood():
    rng = np.random.default_rng(3)
    features, good = drawn(rng, 150, 0.0) + drawn(rng, 150, 1.0), np.repeat([True, False], 150)
    found = fit_filter(features, good)
    values = (to_matrix(features) - found.mean) / found.deviation

    def loss(weights, bias):
        z = values @ weights + bias
        return np.sum(np.logaddexp(0, np.where(good, -z, z))) + 0.5 * weights @ weights

    best = loss(found.weights, found.bias)
    for _ in range(200):
        assert loss(found.weights + rng.normal(0, 0.01, 7), found.bias + rng.normal(0, 0.01)) >= best
    assert area_under_curve(found.confidences(features), good) > 0.9


def test_the_area_counts_pairs():
    confidences, good = np.array([0.1, 0.4, 0.4, 0.8, 0.3]), np.array([False, True, False, True, True])
    pairs = [(a > b) + 0.5 * (a == b) for a in confidences[good] for b in confidences[~good]]
    assert area_under_curve(confidences, good) == pytest.approx(np.mean(pairs))


def labelled(path, rng, count):
    rows = [{"id": f"g{i}", "features": one, "good": True} for i, one in enumerate(drawn(rng, count, 0.0))]
    rows += [{"id": f"b{i}", "features": one, "good": False} for i, one in enumerate(drawn(rng, count, 1.5))]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_a_filter_is_fitted_judged_and_read_back(run, tmp_path):
    rng = np.random.default_rng(4)
    train, test = labelled(tmp_path / "train.jsonl", rng, 200), labelled(tmp_path / "test.jsonl", rng, 100)
    place = tmp_path / "filter.json"
    ran = run("prepare", "filter", "--train", train, "--test", test, "--recall", "0.95", "-o", place)
    assert ran.code == 0 and ran.stderr.count("precision") == 2
    found = read_filter(place)
    fresh, (of_train, of_test) = prepare_filter([str(train)], [str(test)], 0.95)
    assert of_train.recall == pytest.approx(0.95, abs=0.01) and of_test.recall > 0.88 and of_test.left_out > 0.8
    features = [json.loads(line)["features"] for line in test.read_text().splitlines()]
    assert np.allclose(found.confidences(features), fresh.confidences(features), atol=1e-4)


@pytest.mark.parametrize("line", ['{"features": {"cost": 1}, "good": true}', '{"good": true}', '{"features": {}}'])
def test_records_without_labels_or_features_are_named(run, tmp_path, line):
    (tmp_path / "x.jsonl").write_text(line + "\n")
    ran = run("prepare", "filter", "--train", tmp_path / "x.jsonl")
    assert ran.code == 2 and "error:" in ran.stderr and "hint:" in ran.stderr


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"names": ["cost"], "mean": [1, 2], "deviation": [1], "weights": [1]}']
)
def test_what_is_not_a_filter_is_an_error(tmp_path, text):
    (tmp_path / "f.json").write_text(text)
    with pytest.raises(UsageError, match="is not a filter"):
        read_filter(tmp_path / "f.json")


def test_segment_features_have_their_names():
    rng = np.random.default_rng(5)
    log_probs = random_log_probs(rng, 30, 5)
    one, = segment_features([log_probs], [np.array([1, 2, 3])], [2], [rng.random(30)])
    assert tuple(one) == NAMES and one["labels"] == 3 and one["words"] == 2 and one["frames_per_label"] == 10
    assert one["cost_per_frame"] == pytest.approx(one["cost"] / 30, abs=1e-4)
