"""Whatever a file holds, there is an answer or an error for people: every reader, a thousand damaged files each."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from mutations import mutated

from ds2cli.config import Config, FeatureConfig, ModelConfig
from ds2cli.decoding.log_probs import LogProbFile, LogProbWriter
from ds2cli.errors import Ds2Error
from ds2cli.model.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from ds2cli.model.recogniser import Recogniser, build_recogniser
from ds2cli.records.manifest import read_manifest
from ds2cli.runs.decoding import read_tuned
from ds2cli.scoring.choices import ReadOptions
from ds2cli.scoring.inputs.reading import read_pairs
from ds2cli.settings import file_layer, resolve
from ds2cli.text.documents import read_document
from ds2cli.text.lexicon import read_lexicon
from ds2cli.text.units import read_units, units_of

MUTATIONS = 1000
UNITS = units_of(["ab c"])

HTML = """<html><head><title>x</title><style>p {}</style></head><body><h1>One</h1>
<p>It was <b>late</b><sup>1</sup>, <ruby>a<rt>b</rt></ruby> &amp; cold &#8212; so.</p>
<p hidden>not said</p></body></html>"""
SRT = "1\n00:00:01,000 --> 00:00:02,500\nHello there\n\n2\n00:00:03,000 --> 00:00:04,000\n<i>and</i> so on\n"
VTT = "WEBVTT\n\nNOTE x\n\n"
VTT += "00:01.000 --> 00:02.500 align:start\nHello<00:01.200><c> there</c>\n\n00:03.000 --> 00:04.000\nso\n"
CTM = "r1 1 0.10 0.20 a 0.9\nr1 1 0.40 0.20 b\nr2 1 0.00 0.30 c 1.0\n"
STM = ";; x\nr1 1 s 0.0 1.0 <o> a b\nr2 1 s 0.0 0.5 c\n"
TRN = "a b (s-1)\nc {a / b} (s-2)\n"
JSONL = '{"id": "1", "text": "a b", "pred_text": "a", "audio_filepath": "x.wav", "duration": 1.5}\n' * 1
JSONL += '{"id": "2", "text": "c", "pred_text": "c \\u00e9", "audio_filepath": "y.wav", "duration": 2, "offset": 0.5}\n'
TSV = "id\ttext\tpred_text\n1\ta b\ta b\n2\tc\td\n"
CSV = 'id,text,pred_text\n1,"a, ""b""",a b\n2,c,d\n'
TOML = '[model]\nrnn = "lstm"\nconv_strides = [[2, 2], [2, 1]]\n[augment]\nspeeds = [0.9, 1.0]\n'


def epub() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as book:
        book.writestr(
            "META-INF/container.xml", '<container><rootfiles><rootfile full-path="o.opf"/></rootfiles></container>'
        )
        book.writestr("o.opf", '<package><manifest><item id="a" href="a.xhtml" media-type="application/xhtml+xml"/>'
                               '</manifest><spine><itemref idref="a"/></spine></package>')  # fmt: skip
        book.writestr("a.xhtml", HTML)
    return file.getvalue()


def checkpoint(path: Path) -> bytes:
    model = ModelConfig(conv_channels=(), conv_kernels=(), conv_strides=(), rnn_layers=1, rnn_size=2)
    config = Config(features=FeatureConfig(kind="mel", n_mels=4), model=model)
    save_checkpoint(path, Checkpoint(config, UNITS, Recogniser(config, UNITS).state_dict(), {}))
    return path.read_bytes()


def log_probs(path: Path) -> bytes:
    with LogProbWriter(path, UNITS, 0.04) as writer:
        writer.add({"id": "a"}, np.full((6, len(UNITS)), -1.4, np.float32))
    return path.read_bytes()


def survive(path: Path, content: bytes, read: Callable[[Path], object], times: int = MUTATIONS) -> None:
    """Reads the file as it is, then damaged: each time an answer, or an error with words for people."""
    path.write_bytes(content)
    read(path)
    generator = np.random.default_rng(1)
    for _ in range(times):
        path.write_bytes(mutated(content, generator))
        try:
            read(path)
        except Ds2Error as problem:
            assert str(problem)


@pytest.mark.parametrize(("name", "content"), [
    ("talk.srt", SRT), ("talk.vtt", VTT), ("talk.html", HTML), ("talk.txt", "Bob: It was\nlate-\nly [laughs].\n"),
])  # fmt: skip
def test_texts(tmp_path, name, content):
    survive(tmp_path / name, content.encode(), read_document)


def test_books(tmp_path):
    survive(tmp_path / "talk.epub", epub(), read_document)


@pytest.mark.parametrize(("name", "content"), [("h.jsonl", JSONL), ("h.tsv", TSV), ("h.csv", CSV)])
def test_pairs(tmp_path, name, content):
    survive(tmp_path / name, content.encode(), lambda path: read_pairs(path, None, ReadOptions()))


@pytest.mark.parametrize(("reference", "hypothesis", "content"), [("r.stm", "h.ctm", STM), ("r.trn", "h.trn", TRN)])
def test_references(tmp_path, reference, hypothesis, content):
    (tmp_path / hypothesis).write_text(CTM if hypothesis.endswith("ctm") else TRN)
    survive(tmp_path / reference, content.encode(), lambda path: read_pairs(path, tmp_path / hypothesis, ReadOptions()))


def test_timed_hypotheses(tmp_path):
    (tmp_path / "r.stm").write_text(STM)
    survive(tmp_path / "h.ctm", CTM.encode(), lambda path: read_pairs(tmp_path / "r.stm", path, ReadOptions()))


def test_manifests(tmp_path):
    survive(tmp_path / "m.jsonl", JSONL.encode(), lambda path: list(read_manifest(path)))


def test_units(tmp_path):
    survive(tmp_path / "u.txt", b"#separator=<space>\na\nb\nsil\n<space>\n", read_units)


def test_lexicons(tmp_path):
    content = b";;; x\nab a b\nab(2) b a\ncab c a b # remark\nba 0.5 b a\n"
    survive(tmp_path / "l.txt", content, lambda path: read_lexicon(path, units_of(["abc"])))


def test_settings(tmp_path):
    survive(tmp_path / "s.toml", TOML.encode(), lambda path: resolve(file_layer(path)))


def test_decoding_defaults(tmp_path):
    survive(
        tmp_path / "decoding.toml", b"alpha = 0.5\nbeam = 8\nhot_words = {a = 2.0}\n", lambda path: read_tuned(tmp_path)
    )


def test_checkpoints(tmp_path):
    path = tmp_path / "best.safetensors"
    survive(path, checkpoint(path), lambda path: build_recogniser(load_checkpoint(path), path))


def test_log_probs(tmp_path):
    path = tmp_path / "l.npz"
    survive(path, log_probs(path), lambda path: list(LogProbFile(path)))


@pytest.mark.parametrize(("kind", "name", "content"), [
    ("nemo", "m.jsonl", JSONL),
    ("csv", "m.csv", "wav_filename,wav_filesize,transcript\na.wav,10,a b\nb.wav,12,c\n"),
    ("lhotse", "c.jsonl", '{"id": "a", "start": 0, "duration": 1, "channel": 0, "supervisions": [{"text": "a"}], '
                          '"recording": {"sources": [{"type": "file", "source": "a.wav"}]}}\n'),
    ("kaldi", "segments", "u1 r1 0.0 1.0\nu2 r1 1.0 2.0\n"),
    ("kaldi", "wav.scp", "r1 flac -c -d -s a.flac |\nr2 b.wav\n"),
    ("audiofolder", "metadata.csv", 'file_name,transcription\na.wav,"a, b"\nb.wav,c\n'),
])  # fmt: skip
def test_lists(run, tmp_path, kind, name, content):
    folder = tmp_path / "list"
    folder.mkdir()
    for beside, text in (("wav.scp", "r1 a.wav\n"), ("text", "u1 a\nu2 b\nr1 c\n")):
        (folder / beside).write_text(text)
    source = folder / name if kind in ("nemo", "csv", "lhotse") else folder

    def read(path: Path) -> None:
        ran = run("prepare", "corpus", kind, source)
        assert ran.code in (0, 1, 2, 3), ran.stderr

    survive(folder / name, content.encode(), read, times=120)
