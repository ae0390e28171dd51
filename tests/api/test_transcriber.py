"""`ds2cli.load(...)`: what Python hears is what the commands hear."""

import json
import subprocess
import sys
import threading

import numpy as np
import pytest

import ds2cli
from ds2cli.audio.files import read_audio, read_samples, write_audio

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def recogniser():
    return ds2cli.load(jobs=1)


@pytest.fixture(scope="module")
def talks(an4_utterances):
    return [one.audio for one in an4_utterances(3)]


def test_the_import_is_light_and_knows_its_names():
    script = (
        "import ds2cli, sys; assert 'load' in dir(ds2cli) and ds2cli.Ds2Error; "
        "print({'torch', 'numpy', 'soundfile'} & set(sys.modules))"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout == "set()\n"
    assert all(getattr(ds2cli, name) for name in ds2cli.__all__)
    with pytest.raises(AttributeError, match="nothing"):
        ds2cli.nothing  # noqa: B018


def test_it_says_what_the_command_says(run, recogniser, talks):
    """Every field of every record, with the default model, its lexicon and its language model."""
    ran = run("decode", *talks, "--nbest", "3", "--jobs", "1")
    told = [json.loads(line) for line in ran.stdout.splitlines()]
    transcripts = recogniser.transcribe(talks, n_best=3)
    assert [one.record for one in transcripts] == told
    assert list(recogniser.decode(talks, n_best=3)) == told
    assert [[reading.text for reading in one.n_best] for one in transcripts] == [
        [entry["text"] for entry in record["nbest"]] for record in told
    ]
    first = transcripts[0]
    assert (first.text, first.id) == (told[0]["pred_text"], told[0]["id"])
    assert [(word.word, word.start, word.confidence) for word in first.words] == [
        (word["word"], word["start"], word["confidence"]) for word in told[0]["words"]
    ]
    plain = run("decode", talks[0], "--jobs", "1")
    assert recogniser.transcribe(talks[0]).record == json.loads(plain.stdout)


def test_what_is_heard_is_written_if_that_is_asked_for(run, talks):
    writing = ds2cli.load(jobs=1, written=True)
    told = json.loads(run("decode", talks[0], "--written", "--jobs", "1").stdout)
    assert writing.transcribe(talks[0]).record == told and next(writing.decode(talks[0])) == told
    samples, rate = read_samples(talks[0])
    stream = writing.stream(rate)
    (said,) = [*stream.accept(samples), *stream.finish()]
    assert said.text[0].isupper() and said.text.endswith(".") and said.stable == said.text
    assert " ".join(word.word for word in said.words) == said.text


@pytest.mark.parametrize("form", ["float64", "int16", "int32", "stereo", "list"])
def test_an_array_is_heard_as_its_file(recogniser, talks, form):
    samples, rate = read_samples(talks[0])
    given = {
        "float64": samples[:, 0].astype(np.float64),
        "int16": np.round(samples * 32767).astype(np.int16),
        "int32": np.round(samples.astype(np.float64) * (2**31 - 1)).astype(np.int32),
        "stereo": np.repeat(samples, 2, 1),
        "list": samples[:, 0].tolist(),
    }[form]
    heard, of_file = recogniser.transcribe((given, rate)), recogniser.transcribe(talks[0])
    assert heard.text == of_file.text and heard.duration == of_file.duration
    assert heard.id == "sound-1"


def test_any_rate_is_resampled(recogniser, talks):
    samples = read_audio(talks[0], 48000)
    assert recogniser.transcribe((samples, 48000)).text == recogniser.transcribe(talks[0]).text


def test_what_cannot_be_read_is_named(recogniser, talks, tmp_path):
    """Alone or among others it raises, unless somebody listens; nothing is left out in silence."""
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"RIFF" + bytes(400))
    for sounds in (broken, [talks[0], broken]):
        with pytest.raises(ds2cli.Ds2Error, match="broken.wav"):
            recogniser.transcribe(sounds)
    skipped = []
    transcripts = recogniser.transcribe([talks[0], str(broken), talks[1], tmp_path / "none.wav"], skip=skipped.append)
    assert [one.record["audio_filepath"] for one in transcripts] == talks[:2]
    assert len(skipped) == 2 and "broken.wav" in skipped[0] and "none.wav" in skipped[1]


@pytest.mark.parametrize(
    ("sound", "named"),
    [
        (np.zeros(16000), "neither a path"),
        ((np.zeros((2, 16000)), 16000), "samples come first"),
        ((np.zeros(16000), 0), "rate"),
        ((np.zeros(16000), 16000.5), "rate"),
        ((np.zeros(16000, complex), 16000), "complex"),
        ((np.array(["a"]), 16000), "samples of type"),
        ((np.full(16000, np.nan), 16000), "not numbers"),
        ((np.zeros(0), 16000), "no samples"),
        ((np.zeros(10), 16000), "shorter than one window"),
        (3, "neither a path"),
    ],
)
def test_what_is_no_sound_is_refused(recogniser, sound, named):
    with pytest.raises(ds2cli.Ds2Error) as refused:
        recogniser.transcribe([sound])
    assert named in f"{refused.value} {refused.value.hint}"


def test_folders_and_records_are_decoded(recogniser, talks, tmp_path):
    for number, talk in enumerate(talks[:2]):
        write_audio(tmp_path / f"{number}.wav", read_audio(talk, 16000), 16000)
    assert [record["id"] for record in recogniser.decode(tmp_path)] == ["0", "1"]
    manifest = tmp_path / "talks.jsonl"
    manifest.write_text('{"audio_filepath": "1.wav", "speaker": "x"}\n{"text": "no sound"}\n')
    with pytest.raises(ds2cli.Ds2Error, match="line 2"):
        list(recogniser.decode(manifest))
    skipped = []
    records = list(recogniser.decode(manifest, skip=skipped.append))
    assert records[0]["speaker"] == "x" and len(records) == 1 and "line 2" in skipped[0]
    for given in (tmp_path, manifest):
        with pytest.raises(ds2cli.Ds2Error, match="decode"):
            try:
                recogniser.transcribe(given)
            except ds2cli.Ds2Error as problem:
                raise ds2cli.Ds2Error(problem.hint) from None


def test_settings_are_those_of_the_command(run, talks):
    hears = ds2cli.load("english", decoding={"alpha": 0.2, "beam": 16, "hot_words": {"rubout": 6.0}}, jobs=1)
    ran = run("decode", "english", talks[2], "--alpha", "0.2", "--beam", "16", "--hot-word", "rubout=6", "--jobs", "1")
    assert hears.transcribe(talks[2]).record == json.loads(ran.stdout)


@pytest.mark.parametrize(
    "asked",
    [
        {"run": "no-such-model"},
        {"decoding": {"alhpa": 1.0}},
        {"decoding": {"beam": 0}},
        {"greedy": True, "decoding": {"beam": 8}},
        {"lm": "none.arpa"},
        {"device": "toaster"},
    ],
)
def test_what_cannot_be_loaded_is_a_ds2_error(asked):
    with pytest.raises(ds2cli.Ds2Error):
        ds2cli.load(**asked)


def stream_of(recogniser, samples, rate, size):
    stream = recogniser.stream(rate, silence=0)
    said = []
    for at in range(0, len(samples), size):
        said += stream.accept(samples[at : at + size])
        assert stream.partial is None or stream.partial.text.startswith(stream.partial.stable)
    return said + stream.finish()


def test_a_stream_says_what_the_command_streams(run, recogniser, talks):
    ran = run("decode", "--stream", talks[0], "--silence", "0", "--jobs", "1")
    final = json.loads(ran.stdout.splitlines()[-1])
    (said,) = stream_of(recogniser, read_audio(talks[0], 16000), 16000, 1600)
    assert (said.text, said.stable) == (final["pred_text"],) * 2
    assert [word.end for word in said.words] == [word["end"] for word in final["words"]]


def test_streams_do_not_touch_each_other(recogniser, talks):
    """Threads that stream at once hear what each alone hears."""
    waves = [read_audio(talk, 16000) for talk in talks]
    alone = [[said.text for said in stream_of(recogniser, wave, 16000, 800)] for wave in waves]
    together = [[] for _ in waves]

    def hear(i):
        together[i] = [said.text for said in stream_of(recogniser, waves[i], 16000, 800)]

    threads = [threading.Thread(target=hear, args=(i,)) for i in range(len(waves))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert together == alone


def test_a_stream_takes_any_samples(recogniser, talks):
    """48 kHz stereo, a rate that changes, NaN, nothing at all; an end is an end."""
    samples = read_audio(talks[0], 48000)
    half = len(samples) // 2
    stream = recogniser.stream(48000, silence=0)
    said = stream.accept(np.stack([samples[:half]] * 2, 1))
    said += stream.accept(np.zeros(0, np.float32))
    said += stream.accept(read_audio(talks[0], 8000)[half // 6 :], rate=8000)
    said += stream.accept(np.full(800, np.nan))
    said += stream.finish()
    assert "".join(one.text for one in said)
    with pytest.raises(ds2cli.Ds2Error, match="ended"):
        stream.accept(samples)
    with pytest.raises(ds2cli.Ds2Error, match="shape"):
        recogniser.stream().accept(np.zeros((2, 48000)))
    with pytest.raises(ds2cli.Ds2Error, match="rate"):
        recogniser.stream(7)
