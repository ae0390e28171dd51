"""What other toolkits are given is what their packages open, and means to them what it means here.

NeMo, icefall and ESPnet are too heavy to install: of those, their documented forms are read as their code reads them.
"""

import gzip
import json
import sys
import types
from importlib.util import find_spec

import numpy as np
import pytest
from handed_over import LETTERS

from ds2cli.decoding.greedy import greedy_decode
from ds2cli.language.model import load_ngram_model
from ds2cli.text.units import Units
from ds2cli.toolkits.k2 import disambiguated
from ds2cli.toolkits.sentencepiece import model_bytes


@pytest.fixture
def export(run, desk):
    """`export("nemo", "scores.npz", ...)` -> the folder."""

    def go(toolkit, *words):
        words = [desk[word] if word in ("dev.jsonl", "scores.npz", "units.txt", "lm.arpa", "lm.bin") else word
                 for word in words]
        ran = run("export", *words, "--to", toolkit, "-o", desk[toolkit])
        assert ran.code == 0, ran.stderr
        return desk[toolkit]

    return go


@pytest.mark.parametrize("toolkit, units, blank", [
    ("nemo", "labels.txt", ["--blank", "last"]), ("k2", "lang/tokens.txt", []),
    ("huggingface", "processor/vocab.json", []),
])  # fmt: skip
def test_log_probs_that_others_were_given_decode_as_ours(run, desk, log_probs, export, toolkit, units, blank):
    out = export(toolkit, "scores.npz")
    ran = run("decode", out / "scores.npz", "--units", out / units, *blank, "--frame-seconds", "0.02")
    texts = {json.loads(line)["id"]: json.loads(line)["pred_text"] for line in ran.stdout.splitlines()}
    assert ran.code == 0 and "log-probs" in ran.stderr
    assert texts == {id: greedy_decode(array, LETTERS).text for id, array in log_probs.items()}


@pytest.mark.parametrize("toolkit, columns", [("kaldi", 29), ("espnet", 31)])
def test_archives_are_read_by_kaldiio(log_probs, export, toolkit, columns):
    kaldiio = pytest.importorskip("kaldiio")
    out = export(toolkit, "scores.npz")
    found = kaldiio.load_scp(str(out / "scores.scp"))
    assert set(found) == set(log_probs)
    for id, array in log_probs.items():
        assert found[id].shape == (len(array), columns) and found[id].dtype == np.float32
        ours = found[id] if toolkit == "kaldi" else np.delete(found[id], [1, 30], axis=1)
        np.testing.assert_array_equal(ours, array)
        np.testing.assert_allclose(np.logaddexp.reduce(found[id].astype(np.float64), axis=1), 0, atol=1e-5)


def test_espnets_tokens_begin_and_end_as_its_own(export):
    out = export("espnet", "dev.jsonl", "--units", "units.txt")
    lines = (out / "token_list" / "tokens.txt").read_text().split("\n")
    assert lines[:4] == ["<blank>", "<unk>", "<space>", "'"] and lines[-2:] == ["<sos/eos>", ""] and len(lines) == 32


def test_espnets_ngrams_are_of_tokens(run, desk, export):
    kenlm = pytest.importorskip("kenlm")
    assert run("lm", "build", desk["texts.txt"], "--units", "--spaces", "--order", "3", "-o", desk["lm.arpa"]).code == 0
    out = export("espnet", "--units", "units.txt", "--lm", "lm.arpa", "dev.jsonl")
    model, ours = kenlm.LanguageModel(str(out / "ngram.bin")), load_ngram_model(desk["lm.arpa"], use_cache=False)
    for text in ("s o <space> i t", "i t"):
        assert model.score(text) == pytest.approx(float(ours.score(text).sum()), abs=1e-4)


def test_nemos_labels_are_part_of_a_configuration(export):
    yaml = pytest.importorskip("yaml")
    out = export("nemo", "--units", "units.txt", "dev.jsonl")
    assert yaml.safe_load((out / "labels.yaml").read_text()) == {"labels": list(LETTERS.names[1:])}


def test_nemos_lexicon_is_flashlights(desk, export):
    out = export("nemo", "--units", "units.txt", "--lm", "lm.arpa", "dev.jsonl")
    lines = (out / "lexicon.txt").read_text().splitlines()
    assert lines == ["is\ti s", "it\ti t", "it's\ti t ' s", "so\ts o", "was\tw a s"]


PIECES = Units(("<blank>", "▁so", "▁it", "▁i", "▁", "s", "o", "i", "t", "'", "w", "a"), "", "likeliest",
               (0.0, -1.5, -2.0, -2.5, -3.0, -3.1, -3.2, -3.3, -3.4, -3.5, -3.6, -3.7))  # fmt: skip


@pytest.mark.parametrize("cut", ["likeliest", "merged"])
def test_the_sentencepiece_model_cuts_as_our_units_do(cut):
    sentencepiece = pytest.importorskip("sentencepiece")
    units = PIECES if cut == "likeliest" else Units(
        PIECES.names[:1] + ("▁s", "▁i", "▁so", "▁it", *PIECES.names[4:]), "", "merged",
        (0.0, *(-float(rank) for rank in range(12))))  # fmt: skip
    special = ["<blk>", "<sos/eos>", "<unk>"]
    theirs = sentencepiece.SentencePieceProcessor(model_proto=model_bytes(units, special))
    assert theirs.vocab_size() == len(units) + 2 and theirs.unk_id() == 2 and theirs.bos_id() == -1
    for text in ("so it is", "it's so", "it was so", "  toast  i "):
        assert theirs.encode(text, out_type=str) == [units.names[at] for at in units.encode(text)]
        assert theirs.decode(theirs.encode(text)) == " ".join(text.split())
    assert 2 in theirs.encode("xyz")


def test_nemos_ngrams_of_pieces_name_them_by_characters(run, desk, export):
    kenlm = pytest.importorskip("kenlm")
    from ds2cli.text.units import write_units

    desk["units.txt"].write_text(write_units(PIECES))
    pieces = [" ".join(PIECES.names[at] for at in PIECES.encode(text)) for text in ("so it is", "it's so", "it was so")]
    desk["texts.txt"].write_text("\n".join(pieces * 5) + "\n")
    assert run("lm", "build", desk["texts.txt"], "--order", "2", "-o", desk["lm.arpa"]).code == 0
    out = export("nemo", "--units", "units.txt", "--lm", "lm.arpa", "dev.jsonl")
    model, ours = kenlm.LanguageModel(str(out / "lm.bin")), load_ngram_model(desk["lm.arpa"], use_cache=False)
    for text in pieces:
        theirs = " ".join(chr(100 + PIECES.names.index(piece)) for piece in text.split())  # <unk> is their 0
        assert model.score(theirs) == pytest.approx(float(ours.score(text).sum()), abs=1e-4)
        assert all(word in model for word in theirs.split())
    vocabulary = (out / "tokenizer" / "vocab.txt").read_text().splitlines()
    assert vocabulary[:5] == ["so", "it", "i", "", "##s"]


def lines_of(path):
    return [line.split() for line in path.read_text().splitlines()]


def test_the_lang_directory_of_letters(export):
    lang = export("k2", "dev.jsonl", "--units", "units.txt", "--lm", "lm.arpa") / "lang"
    tokens, words = ({name: int(number) for name, number in lines_of(lang / f"{kind}.txt")}
                     for kind in ("tokens", "words"))
    for table in (tokens, words):
        assert sorted(table.values()) == list(range(len(table)))
    assert [tokens[name] for name in ("<blk>", "<sos/eos>", "<unk>", "▁", "'", "a")] == [0, 1, 2, 3, 4, 5]
    assert tokens["#0"] == 31 and words["<eps>"] == 0 and list(words)[-3:] == ["#0", "<s>", "</s>"]
    lexicon, told_apart = lines_of(lang / "lexicon.txt"), lines_of(lang / "lexicon_disambig.txt")
    assert ["so", "s", "o"] in lexicon and ["so", "s", "o", "▁"] in lexicon and ["<UNK>", "<unk>"] in lexicon
    assert {word for word, *_ in lexicon} == set(words) - {"<eps>", "#0", "<s>", "</s>"}
    assert {token for _, *spelled in told_apart for token in spelled} <= set(tokens)


@pytest.mark.parametrize("seed", range(30))
def test_told_apart_spellings_are_unlike_and_begin_no_other(seed):
    """Brute force over random lexicons of two letters, where nearly everything is shared."""
    generator = np.random.default_rng(seed)
    spellings = [(str(n), list(generator.choice(["a", "b"], generator.integers(1, 4)))) for n in range(12)]
    found, most = disambiguated(spellings)
    texts = [tuple(spelled) for _, spelled in found]
    for at, one in enumerate(texts):
        assert not any(other[: len(one)] == one for place, other in enumerate(texts) if place != at)
    assert [(word, [unit for unit in spelled if unit[0] != "#"]) for word, spelled in found] == spellings
    numbers = [int(spelled[-1][1:]) for _, spelled in found if spelled[-1][0] == "#"]
    assert most == max(numbers, default=0)
    shared = [spelled for _, spelled in spellings]
    for (_, plain), (_, marked) in zip(spellings, found, strict=True):  # and no more marks than are needed
        alone = shared.count(plain) == 1 and not any(o[: len(plain)] == plain and o != plain for o in shared)
        assert (plain == marked) == alone


def test_a_lexicon_of_phones_goes_to_k2_and_kaldi(run, desk):
    desk["phones.txt"].write_text("#separator=<space>\nah\nih\ns\nt\now\n")
    desk["lexicon.txt"].write_text("so s ow\nit ih t\nsew s ow\n")
    for toolkit in ("k2", "kaldi"):
        ran = run("export", desk["dev.jsonl"], "--to", toolkit, "-o", desk[toolkit], "--units", desk["phones.txt"],
                  "--lexicon-file", desk["lexicon.txt"])
        assert ran.code == 0, ran.stderr
    assert lines_of(desk["k2"] / "lang" / "lexicon_disambig.txt")[:3] == [
        ["so", "s", "ow", "#1"], ["it", "ih", "t"], ["sew", "s", "ow", "#2"]]
    dictionary = desk["kaldi"] / "dict"
    assert lines_of(dictionary / "lexicon.txt")[3:] == [["so", "s", "ow"], ["it", "ih", "t"], ["sew", "s", "ow"]]
    assert lines_of(dictionary / "nonsilence_phones.txt") == [["ah"], ["ih"], ["ow"], ["s"], ["t"]]


def test_lhotse_opens_the_manifests_and_hears_them(export, desk):
    lhotse = pytest.importorskip("lhotse")
    out = export("lhotse", "dev.jsonl")
    recordings = lhotse.RecordingSet.from_file(out / "recordings_dev.jsonl.gz")
    supervisions = lhotse.SupervisionSet.from_file(out / "supervisions_dev.jsonl.gz")
    lhotse.validate_recordings_and_supervisions(recordings, supervisions)
    found = {one.id: one for one in supervisions}
    for record in desk.records:
        one = found[record["id"]]
        assert (one.start, one.duration, one.text) == (record.get("offset", 0.0), record["duration"], record["text"])
        assert (one.speaker, one.language) == (record.get("speaker"), record.get("lang"))
    cuts = lhotse.CutSet.from_manifests(recordings, supervisions).trim_to_supervisions(keep_overlapping=False)
    from ds2cli.audio.files import read_audio

    for cut in cuts:
        record = next(one for one in desk.records if one["text"] == cut.supervisions[0].text)
        sound = cut.load_audio()[record.get("channel", 0) if cut.num_channels > 1 else 0]
        expected = read_audio(record["audio_filepath"], 16000, record.get("offset", 0.0), record["duration"],
                              record.get("channel"))
        np.testing.assert_allclose(sound, expected, atol=1e-4)


def test_what_lhotse_writes_of_them_reads_back(run, export, desk, tmp_path):
    lhotse = pytest.importorskip("lhotse")
    out = export("lhotse", "dev.jsonl")
    cuts = lhotse.CutSet.from_manifests(lhotse.RecordingSet.from_file(out / "recordings_dev.jsonl.gz"),
                                        lhotse.SupervisionSet.from_file(out / "supervisions_dev.jsonl.gz"))
    cuts = lhotse.CutSet.from_cuts(one for one in cuts if isinstance(one, lhotse.MonoCut))
    (tmp_path / "again").mkdir()
    cuts.trim_to_supervisions(keep_overlapping=False).to_file(tmp_path / "again" / "cuts.jsonl.gz")
    ran = run("prepare", "corpus", "lhotse", tmp_path / "again")
    found = {record["text"]: record for record in map(json.loads, ran.stdout.splitlines())}
    for record in desk.records[:4]:
        names = ("offset", "duration", "speaker", "audio_filepath")
        assert {name: found[record["text"]].get(name) for name in names} == {name: record.get(name) for name in names}


def test_gzipped_manifests_are_the_same_bytes_whenever_they_are_written(export):
    first = (export("lhotse", "dev.jsonl") / "supervisions_dev.jsonl.gz").read_bytes()
    assert (export("lhotse", "dev.jsonl") / "supervisions_dev.jsonl.gz").read_bytes() == first
    assert len(gzip.decompress(first).splitlines()) == 5


def test_transformers_opens_the_processor(export):
    transformers = pytest.importorskip("transformers")
    out = export("huggingface", "--units", "units.txt", "dev.jsonl")
    processor = transformers.Wav2Vec2Processor.from_pretrained(str(out / "processor"))
    assert processor.tokenizer.get_vocab() == json.loads((out / "processor" / "vocab.json").read_text())
    labels = processor.tokenizer("it's so").input_ids
    assert labels == LETTERS.encode("it's so") and processor.tokenizer.pad_token_id == 0
    path = [LETTERS.encode(letter)[0] for letter in "ssoo ittt"] + [0]
    assert processor.decode(path) == "so it" and processor.feature_extractor.sampling_rate == 16000


def test_its_language_model_scores_as_pyctcdecode_does(run, desk, log_probs, export):
    pyctcdecode = pytest.importorskip("pyctcdecode")
    out = export("huggingface", "scores.npz", "--lm", "lm.arpa")
    processor = out / "processor"
    alphabet = json.loads((processor / "alphabet.json").read_text())
    assert alphabet == {"labels": ["", *LETTERS.names[1:]], "is_bpe": False}
    saved = pyctcdecode.BeamSearchDecoderCTC.load_from_dir(str(processor), unigram_encoding="utf-8")
    words = (processor / "language_model" / "unigrams.txt").read_text().split()
    built = pyctcdecode.build_ctcdecoder(["", *LETTERS.names[1:]], str(desk["lm.arpa"]), words, alpha=0.5, beta=1.5)
    for id, array in np.load(out / "scores.npz").items():
        np.testing.assert_array_equal(array, log_probs[id])
        theirs, ours = ([(beam[0], beam[-1]) for beam in one.decode_beams(array)] for one in (built, saved))
        assert theirs == ours


def test_transformers_decodes_our_log_probs_with_the_language_model(export):
    transformers = pytest.importorskip("transformers")
    pytest.importorskip("pyctcdecode")
    out = export("huggingface", "scores.npz", "--lm", "lm.arpa")
    processor = transformers.Wav2Vec2ProcessorWithLM.from_pretrained(str(out / "processor"))
    for array in np.load(out / "scores.npz").values():
        answer = processor.decode(array, beam_width=200)
        assert answer.text == processor.decoder.decode_beams(array, beam_width=200)[0][0]


def test_datasets_opens_the_audiofolder(export, desk, monkeypatch, tmp_path):
    datasets = pytest.importorskip("datasets")
    if not find_spec("torchcodec"):  # which it wants to see, though paths need none of it
        for name in ("torchcodec", "torchcodec.encoders", "torchcodec.decoders"):
            monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
        nothing = type("", (), {})
        sys.modules["torchcodec.encoders"].AudioEncoder = sys.modules["torchcodec.decoders"].AudioDecoder = nothing
    out = export("huggingface", "dev.jsonl")
    found = datasets.load_dataset("audiofolder", data_dir=str(out / "data"), cache_dir=str(tmp_path / "cache"))
    rows = found["validation"].cast_column("audio", datasets.Audio(decode=False))  # what it calls `dev`
    assert sorted((row["transcription"], row["speaker_id"], row["id"]) for row in rows) == sorted(
        (one["text"], one.get("speaker"), one["id"]) for one in desk.records)
    assert len(found["validation"]) == 5
