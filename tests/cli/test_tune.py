"""ds2 tune finds weights that help, shows how, and leaves them where ds2 decode begins from."""

import json
import tomllib

import numpy as np
import pytest

from ds2cli.errors import Exit
from ds2cli.runs.decoding import read_tuned

ARPA = """\\data\\
ngram 1=5
ngram 2=2

\\1-grams:
-3\t<unk>\t0
-99\t<s>\t0
-1\t</s>\t0
-0.5\tyes\t0
-0.5\tyet\t0

\\2-grams:
-0.1\tyet\tyes
-3\tyes\tyet

\\end\\
"""


@pytest.fixture(scope="module")
def material(tmp_path_factory):
    """A run, a model, and log-probs that are torn between `yes yes` and `yet yes`: the model knows which is said."""
    from ds2cli.config import Config, FeatureConfig, ModelConfig
    from ds2cli.decoding.log_probs import LogProbWriter
    from ds2cli.model.checkpoint import Checkpoint, save_checkpoint
    from ds2cli.model.recogniser import Recogniser
    from ds2cli.text.units import units_of

    folder = tmp_path_factory.mktemp("tune")
    units = units_of(["yest "])
    config = Config(FeatureConfig(kind="mel", n_mels=16),
                    ModelConfig((2,), conv_kernels=((5, 5),), conv_strides=((2, 2),), rnn_layers=1, rnn_size=4))
    save_checkpoint(folder / "best.safetensors", Checkpoint(config, units, Recogniser(config, units).state_dict(), {}))
    (folder / "lm.arpa").write_text(ARPA)
    generator = np.random.default_rng(0)
    with LogProbWriter(folder / "dev.npz", units, 0.02) as file:
        for number in range(6):
            frames = np.full((9, len(units)), 0.01)
            for t, letter in enumerate("yet yes"):
                frames[t + 1, units.encode(letter)[0]] = 0.9
            frames[3, units.encode("s")[0]] = 0.9 + 0.2 * generator.random()  # a little likelier than the t
            frames[[0, 8], 0] = 0.9
            log_probs = np.log(frames / frames.sum(1, keepdims=True)).astype(np.float32)
            file.add({"id": str(number), "text": "yet yes"}, log_probs)
    return folder


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_the_best_weights_are_shown_drawn_kept_and_used(run, material):
    wer = {one: run("decode", material, material / "dev.npz", *flags) for one, flags in
           {"greedy": (), "untuned": ("--lm", material / "lm.arpa", "--alpha", "0")}.items()}
    assert all('"pred_text": "yes yes"' in ran.stdout for ran in wer.values())
    grid = ("--alphas", "0 0.5 1", "--betas", "0,1")
    ran = run("tune", material, material / "dev.npz", "--lm", material / "lm.arpa", *grid)
    assert ran.code == 0, ran.stderr
    table = [line.split() for line in ran.stdout.splitlines()]
    assert table[0] == ["alpha\\beta", "0", "1"] and [row[0] for row in table[1:]] == ["0", "0.5", "1"]
    assert float(table[1][1]) == 50.0 and float(table[2][1]) == 0.0
    kept = tomllib.loads((material / "decoding.toml").read_text())
    assert (kept["alpha"], kept["beta"]) == (0.5, 0.0)
    assert (material / "tuning.svg").read_text().startswith("<?xml")
    tuned = run("decode", material, material / "dev.npz", "--lm", material / "lm.arpa")
    assert '"pred_text": "yet yes"' in tuned.stdout
    assert tuned.stdout == run("decode", material, material / "dev.npz", "--lm", material / "lm.arpa",
                               "--alpha", "0.5", "--beta", "0").stdout
    overridden = run("decode", material, material / "dev.npz", "--lm", material / "lm.arpa", "--alpha", "0")
    assert '"pred_text": "yes yes"' in overridden.stdout


def test_the_picture_and_the_file_name_the_same_optimum_among_equals(run, material, tmp_path, monkeypatch):
    """No weight matters where none changes a word: file and picture take the same of them."""
    from ds2cli.reporting import heatmap

    drawn = []
    monkeypatch.setattr(heatmap, "draw_heatmap", lambda *arguments: drawn.append(arguments))
    grid = ("--alphas", "0.9 1", "--betas", "-1 0 0.5", "--plot", tmp_path / "map.svg")
    ran = run("tune", material, material / "dev.npz", "--lm", material / "lm.arpa", *grid)
    assert ran.code == 0, ran.stderr
    kept = tomllib.loads((material / "decoding.toml").read_text())
    (_, values, alphas, betas, _, (row, column), title), = drawn
    assert (alphas[row], betas[column]) == (kept["alpha"], kept["beta"]) and values[row, column] == values.min()
    weights = ", ".join(f"{name.replace('_', '-')} {kept[name]:g}" for name in kept if name != "lm")
    assert title.endswith(f" % at {weights}") and f"best: {weights}: " in ran.stderr


def test_every_setting_is_a_json_object_when_asked(run, material, tmp_path):
    ran = run("tune", material, material / "dev.npz", "--lm", material / "lm.arpa", "--alphas", "0", "1",
              "--betas", "0", "--lm-lookaheads", "0.5", "--blank-penalties", "1", "2",
              "--json", "--plot", tmp_path / "map.png")
    trials = [json.loads(line) for line in ran.stdout.splitlines()]
    assert len(trials) == 5
    assert trials[0].keys() == {"alpha", "beta", "lm_lookahead", "blank_penalty", "wer", "cer", "rate"}
    assert "blank penalty is at the edge" not in ran.stderr  # none at all is no edge
    assert trials[2]["lm_lookahead"] == 0.5 and [one["blank_penalty"] for one in trials] == [0, 0, 0, 1, 2]
    assert (tmp_path / "map.png").stat().st_size > 1000


def test_the_former_name_of_the_language_model_look_ahead_still_works(run, material, tmp_path):
    """As an option of both commands, with its value behind it or behind a sign, and in decoding.toml."""
    dev = (material / "dev.npz", "--lm", material / "lm.arpa")
    grid = ("--alphas", "0.5", "--betas", "0", "--blank-penalties", "0", "--json", "--plot", tmp_path / "map.png")
    trials = [run("tune", material, *dev, *grid, flag, "0.5", "0.75").stdout
              for flag in ("--look-aheads", "--lm-lookaheads")]
    assert trials[0] == trials[1] and '"lm_lookahead": 0.75' in trials[0]

    flags = [("--lm-lookahead", "0.25"), ("--look-ahead", "0.25"), ("--look-ahead=0.25",)]
    said = [run("decode", material, *dev, *words) for words in flags]
    assert said[0].code == 0 and {ran.stdout for ran in said} == {said[0].stdout}
    assert "--look-ahead" not in run("decode", "--help").stdout

    for name in "lm_lookahead", "look_ahead":
        (material / "decoding.toml").write_text(f"alpha = 0.5\nbeta = 0.0\n{name} = 0.25\n")
        assert read_tuned(material).weights == {"alpha": 0.5, "beta": 0.0, "lm_lookahead": 0.25}
        assert run("decode", material, *dev, "--alpha", "0.5", "--beta", "0").stdout == said[0].stdout
    (material / "decoding.toml").write_text("look_ahead = 0.25\nlm_lookahead = 0.5\n")
    ran = run("decode", material, *dev)
    assert ran.code == Exit.USAGE and "former name of `lm_lookahead`" in ran.stderr
    (material / "decoding.toml").unlink()


def test_what_the_run_sets_besides_its_weights_is_searched_with_and_kept(run, material, tmp_path):
    """A beam of one frame's threshold cannot say `yet`: the weights are tuned for the search that will use them."""
    command = "tune", material, material / "dev.npz", "--lm", material / "lm.arpa", "--alphas", "0 0.5", "--betas", "0"
    own = "alpha = 2.0\nlm_lookahead = 0.3\nbeam = 7\nscore_threshold = 0.001\nsettle_frames = 50\n"
    (material / "decoding.toml").write_text(own)
    ran = run(*command, "--plot", tmp_path / "map.svg")
    assert ran.code == 0 and ran.stdout.splitlines()[-1].split() == ["0.5", "50.00"]
    kept = tomllib.loads((material / "decoding.toml").read_text())
    assert (kept["beam"], kept["score_threshold"], kept["settle_frames"]) == (7, 0.001, 50)
    assert (kept["alpha"], kept["lm_lookahead"]) == (0.0, 1.0)
    assert run(*command, "--plot", tmp_path / "map.svg", "--beam", "9").code == 0
    assert tomllib.loads((material / "decoding.toml").read_text())["beam"] == 9
    (material / "decoding.toml").unlink()


def test_speech_without_texts_and_damaged_weights_are_named(run, material, tmp_path):
    from ds2cli.decoding.log_probs import LogProbFile, LogProbWriter

    source = LogProbFile(material / "dev.npz")
    with LogProbWriter(tmp_path / "mute.npz", source.units, source.frame_seconds) as file:
        file.add({"id": "a"}, next(iter(source))[1])
    ran = run("tune", material, tmp_path / "mute.npz", "--lm", material / "lm.arpa")
    assert ran.code == Exit.USAGE and "has a text" in ran.stderr
    (material / "decoding.toml").write_text('alpha = "much"\n')
    ran = run("decode", material, material / "dev.npz", "--lm", material / "lm.arpa")
    assert ran.code == Exit.USAGE and "decoding.toml" in ran.stderr and "ds2 tune" in ran.stderr
    (material / "decoding.toml").unlink()


def test_the_best_weight_at_the_edge_of_those_tried_is_named():
    from ds2cli.workflows.tune import Trial, TuneRequest, at_the_edge

    request = TuneRequest("run", [], "lm", (0.1, 0.5, 1.0), (0.0, 1.0), (0.5,), (0.5, 1.0, 2.0), {})
    assert at_the_edge(Trial(0.5, 1.0, 1.0, 0.0, 10, 5), request) == []
    assert at_the_edge(Trial(0.1, 0.0, 1.0, 2.0, 10, 5), request) == ["alpha", "blank penalty"]
