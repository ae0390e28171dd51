"""Settings: layers, origins, checks and TOML."""

import dataclasses
import math
import tomllib
import typing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ds2cli.alignment.settings import CutSettings
from ds2cli.config import AugmentConfig, Config, ModelConfig
from ds2cli.declarations import declared, laid_over
from ds2cli.decoding.settings import DecodingConfig
from ds2cli.errors import ConfigError
from ds2cli.settings import (
    Layer,
    file_layer,
    flag_layer,
    from_toml,
    preset_layer,
    preset_names,
    resolve,
    text_layer,
    to_toml,
)


def test_nothing_said_is_the_defaults():
    config, origins = resolve()
    assert config == Config()
    assert set(origins.values()) == {"default"} and len(origins) == len(declared(Config))


def test_later_layers_win_and_every_value_knows_where_it_is_from(tmp_path):
    file = tmp_path / "my.toml"
    file.write_text('[optimizer]\nlearning_rate = 2\nkind = "sgd"\n[train]\nepochs = 7\n')
    config, origins = resolve(preset_layer("tiny"), file_layer(file), flag_layer(["train.epochs=9"]))
    assert (config.train.epochs, config.optimizer.kind, config.features.kind) == (9, "sgd", "mel")
    assert config.optimizer.learning_rate == 2.0 and isinstance(config.optimizer.learning_rate, float)
    assert origins["train.epochs"] == "flag"
    assert origins["optimizer.kind"] == f"`{file}`"
    assert origins["features.kind"] == "preset `tiny`"
    assert origins["train.seed"] == "default"


def test_a_file_may_begin_from_a_preset(tmp_path):
    file = tmp_path / "my.toml"
    file.write_text('preset = "tiny"\n[train]\nepochs = 7\n')
    config, _ = resolve(file_layer(file))
    tiny, _ = resolve(preset_layer("tiny"))
    assert config == dataclasses.replace(tiny, train=dataclasses.replace(tiny.train, epochs=7))


@pytest.mark.parametrize(("name", "near"), [
    ("optimizer.learning_rat", "optimizer.learning_rate"),
    ("model.rnn_sise", "model.rnn_size"),
    ("epochs", "train.epochs"),
])
def test_an_unknown_setting_suggests_the_nearest(name, near):
    with pytest.raises(ConfigError, match=f"unknown setting `{name}` in flag") as problem:
        resolve(flag_layer([f"{name}=1"]))
    assert near in problem.value.hint


def test_a_setting_like_no_other_is_told_where_they_are_listed():
    with pytest.raises(ConfigError) as problem:
        resolve(flag_layer(["qqqq=1"]))
    assert "--dry-run" in problem.value.hint


@pytest.mark.parametrize("assignment", [
    "train.epochs=x", "train.epochs=1.5", "train.epochs=true", "train.epochs=0", "train.epochs=-1", "train.seed=-1",
    "optimizer.learning_rate=fast", "optimizer.learning_rate=-1", "optimizer.learning_rate=nan", "optimizer.kind=adam",
    "model.bidirectional=1", "model.rnn=GRU", "model.rnn_size=0", "model.dropout=1.5", "model.conv_channels=3",
    "model.conv_channels=[1, 2.5]", "model.conv_kernels=[1, 2]", "model.conv_strides=[[2, 0], [2, 1]]",
    "model.fully_connected=[0]", "augment.noise=3", "augment.noise_snr_db=[1]", "augment.noise_snr_db=[1, 2, 3]",
    "augment.speeds=[0.0]", "augment.speeds=[]", "batch.seconds=0", "features.hop_seconds=0",
    "features.sample_rate=0", "train.evaluate_every=0", "train.epochs=1979-05-27",
])  # fmt: skip
def test_a_wrong_value_is_named_with_what_it_may_be(assignment):
    name, _, value = assignment.partition("=")
    with pytest.raises(ConfigError) as problem:
        resolve(flag_layer([assignment]))
    assert f"`{name}`" in str(problem.value)
    assert problem.value.hint and "<class" not in problem.value.hint + str(problem.value)


@pytest.mark.parametrize("assignments", [
    ["model.conv_channels=[8]"],
    ["model.conv_kernels=[[41, 11]]"],
    ["model.conv_kernels=[[11], [11]]"],
    ["model.conv_kernels=[[41, 11], [11]]", "model.conv_strides=[[2, 2], [1]]"],
    ["model.conv_channels=[1,1,1,1]", "model.conv_kernels=[[3],[3],[3],[3]]", "model.conv_strides=[[1],[1],[1],[1]]"],
    ["model.conv_channels=[1]", "model.conv_kernels=[[3, 3, 3]]", "model.conv_strides=[[1, 1, 1]]"],
    ["model.conv_channels=[1]", "model.conv_kernels=[[]]", "model.conv_strides=[[]]"],
])
def test_convolutions_are_described_by_lists_of_one_shape(assignments):
    with pytest.raises(ConfigError, match="do not fit each other: .* in flag"):
        resolve(flag_layer(assignments))


@pytest.mark.parametrize(("assignments", "named"), [
    (["features.kind=mfcc", "features.n_mels=20"], "`features.n_mfcc` is 40, `features.n_mels` is 20 in flag"),
    (["augment.noise_snr_db=[20, 0]"], "`augment.noise_snr_db` is [20.0, 0.0] in flag"),
    (["features.hop_seconds=0.05"], "`features.hop_seconds` is 0.05 in flag, `features.window_seconds` is 0.02"),
    (["features.sample_rate=1000", "features.hop_seconds=0.001", "features.window_seconds=0.002"], None),
    (["features.n_mels=20"], None),
    (["augment.noise_snr_db=[5, 5]"], None),
])
def test_settings_that_contradict_each_other_are_named_with_their_values(assignments, named):
    """Each of them may be what it is, so no bound sees it."""
    if named is None:
        resolve(flag_layer(assignments))
        return
    with pytest.raises(ConfigError) as problem:
        resolve(flag_layer(assignments))
    assert str(problem.value).endswith(named) and problem.value.hint


@pytest.mark.parametrize("value", ["inf", "-inf", "nan", "1" + "0" * 400])
def test_no_number_is_infinite_in_any_settings(value):
    for name, setting in declared(Config).items():
        if setting.kind is float:
            with pytest.raises(ConfigError):
                resolve(flag_layer([f"{name}={value}"]))
    for one in (DecodingConfig(), CutSettings()):
        for name, setting in declared(type(one)).items():
            if setting.kind is float:
                with pytest.raises(ConfigError, match=f"`{name}` in a file is"):
                    laid_over(one, {name: int(value) if len(value) > 9 else float(value)}, "a file")


@pytest.mark.parametrize("kind", [DecodingConfig, CutSettings])
def test_settings_for_decoding_and_cutting_are_declared_and_checked_as_those_for_training(kind):
    for name, setting in declared(kind).items():
        assert setting.meaning and not setting.meaning.endswith("."), name
        has_numbers = any(word in to_type(setting.kind) for word in ("int", "float"))
        assert (setting.bounds is not None) == has_numbers, name
    with pytest.raises(ConfigError, match="unknown setting `bean` in a file"):
        laid_over(kind(), {"bean": 1}, "a file")


def test_what_utf8_cannot_hold_is_no_setting():
    with pytest.raises(ConfigError, match="augment.noise"):
        resolve(Layer({"augment.noise": "caf\udce9"}, "flag"))


def test_no_convolutions_at_all_are_possible():
    config, _ = resolve(flag_layer([f"model.conv_{name}=[]" for name in ("channels", "kernels", "strides")]))
    assert config.model.conv_channels == ()


@pytest.mark.parametrize(("assignments", "complaint"), [
    (["train.seed=1", "train.seed=2"], "`train.seed` is set twice"),
    (["train.seed"], "`train.seed` has no value"),
    (["train.seed=1", "train.seed"], "`train.seed`"),
])
def test_a_flag_says_one_thing_once(assignments, complaint):
    with pytest.raises(ConfigError, match=complaint):
        flag_layer(assignments)


@pytest.mark.parametrize(("assignment", "value"), [
    ("augment.noise=/data/my noise", "/data/my noise"),
    ('augment.noise="quoted = here"', "quoted = here"),
    ("model.rnn=lstm", "lstm"),
    ("model.fully_connected=[3, 4]", [3, 4]),
    ("augment.noise=", ""),
])
def test_values_are_toml_and_bare_words_are_text(assignment, value):
    assert list(flag_layer([assignment]).values.values()) == [value]


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_survives_toml(name):
    config, origins = resolve(preset_layer(name))
    assert from_toml(to_toml(config), "test") == config
    assert from_toml(to_toml(config, origins), "test") == config


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_says_what_it_is_for(name):
    from importlib import resources

    text = (resources.files("ds2cli") / "presets" / f"{name}.toml").read_text()
    assert text.startswith("# ") and len(preset_layer(name).values) > 5


texts = st.text(st.characters(exclude_categories=["Cs"]))
floats = st.floats(0, allow_nan=False, allow_infinity=False)


@given(texts, floats, st.lists(st.floats(0.1, 10), min_size=1), st.integers(1, 1_000_000), st.booleans())
def test_any_experiment_survives_toml(noise, gain, speeds, size, both):
    augment = AugmentConfig(noise=noise, gain_db=gain, speeds=tuple(speeds))
    config = Config(model=ModelConfig(rnn_size=size, bidirectional=both), augment=augment)
    assert from_toml(to_toml(config), "test") == config
    assert from_toml(to_toml(config, resolve()[1]), "test") == config


def test_every_line_of_a_dry_run_tells_its_origin():
    text = to_toml(*resolve(flag_layer(["train.seed=4"])))
    lines = [line for line in text.splitlines() if "=" in line]
    (changed,) = [line for line in lines if line.endswith("# flag")]
    assert len(lines) == len(declared(Config)) and all("  # " in line for line in lines)
    assert changed.startswith("seed = 4")
    assert tomllib.loads(text)


def to_type(kind) -> str:
    return "" if typing.get_origin(kind) is typing.Literal else str(kind)


def test_every_setting_has_a_meaning_a_default_of_its_type_and_bounds_if_it_is_a_number():
    for name, setting in declared(Config).items():
        assert setting.meaning and not setting.meaning.endswith("."), name
        assert resolve(Layer({name: setting.default}, "test"))[0] == Config(), name
        has_numbers = any(word in to_type(setting.kind) for word in ("int", "float"))
        assert (setting.bounds is not None) == has_numbers, name
        assert setting.bounds is None or -math.inf < setting.bounds[0] < setting.bounds[1]


@pytest.mark.parametrize("text", ["[", "a = ", "[train]\nepochs = 1\nepochs = 2", '[[train]]\nepochs = 1', "train = 3"])
def test_a_file_that_is_no_experiment_is_named(text):
    with pytest.raises(ConfigError, match="`my.toml`"):
        resolve(text_layer(text, "`my.toml`"))


@pytest.mark.parametrize("preset", ['"none such"', "3", "[1]"])
def test_a_file_may_name_no_unknown_preset(preset):
    with pytest.raises(ConfigError, match="no preset"):
        text_layer(f"preset = {preset}", "`my.toml`")


def test_files_that_cannot_be_read_are_named(tmp_path):
    (tmp_path / "latin.toml").write_bytes(b"# caf\xe9")
    for path in (tmp_path / "none.toml", tmp_path, tmp_path / "latin.toml"):
        with pytest.raises(ConfigError, match="cannot read"):
            file_layer(path)
