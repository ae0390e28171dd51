"""Hugging Face: a processor for transformers, with its language model; an audiofolder for datasets; log-probs.

processor/ is what Wav2Vec2Processor.from_pretrained opens (Wav2Vec2ProcessorWithLM where there is a language model,
which lies there as pyctcdecode saves it): the blank is <pad>, number 0, a space is `|`, and every number is a column of
our log-probs. data/ holds a folder of recordings with a metadata.csv for each list: whole recordings as links, parts of
longer ones cut into FLAC, as an audiofolder knows no times.

huggingface.co/docs: transformers (model_doc/wav2vec2), datasets (audio_dataset)
github.com/kensho-technologies/pyctcdecode
"""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ds2cli.audio.channels import to_mono
from ds2cli.audio.files import encode_audio, read_info, read_samples
from ds2cli.errors import AudioError
from ds2cli.io.atomic import atomic_text, atomic_write, make_folder
from ds2cli.language.model import begins_as_binary
from ds2cli.records.jsonl import Record, to_line
from ds2cli.records.manifest import parse_channel
from ds2cli.records.names import SafeNames
from ds2cli.text.units import SPACE, Units
from ds2cli.toolkits.contents import Contents, Skip, heard_alone, with_text, write_lines, write_log_probs
from ds2cli.toolkits.ngrams import write_arpa_file, write_binary_file

TAKES = ("parts", "units", "lm", "log_probs")
BLANK_TOKEN, DELIMITER = "<pad>", "|"
ROUNDING_SECONDS = 0.05  # a record that ends so near its recording's end means all of it
UNKNOWN_OFFSET = -10.0  # pyctcdecode's own default
COLUMNS = {"transcription": "text", "id": "id", "speaker_id": "speaker", "language": "lang"}


def write(contents: Contents, folder: Path, skip: Skip) -> Iterator[str]:
    make_folder(folder)
    for name, records in contents.parts.items():
        place = make_folder(folder / "data" / name)
        count = _write_audiofolder(list(with_text(heard_alone(records, skip), skip)), place, skip)
        yield f"{place}: {count:,} recordings with metadata.csv"
    units = contents.units
    if units is not None:
        yield from _write_processor(contents, units, make_folder(folder / "processor"))
        yield from write_log_probs(contents, folder, range(len(units)))


def _write_processor(contents: Contents, units: Units, folder: Path) -> Iterator[str]:
    tokens = [BLANK_TOKEN, *(DELIMITER if name == SPACE else name for name in units.names[1:])]
    # A processor with a language model wants every token in pyctcdecode's alphabet, whose labels are columns: there
    # are none for <s>, </s> and <unk>.
    special = {"pad_token": BLANK_TOKEN, "unk_token": BLANK_TOKEN, "bos_token": None, "eos_token": None}
    listener = {"feature_extractor_type": "Wav2Vec2FeatureExtractor", "feature_size": 1, "padding_value": 0.0,
                "sampling_rate": contents.sample_rate, "do_normalize": True, "return_attention_mask": True}
    cased = {"do_lower_case": False, "word_delimiter_token": DELIMITER, "replace_word_delimiter_char": SPACE}
    name = "Wav2Vec2ProcessorWithLM" if contents.lm else "Wav2Vec2Processor"
    files: dict[str, Any] = {
        "vocab.json": {token: number for number, token in enumerate(tokens)},
        "tokenizer_config.json": {"tokenizer_class": "Wav2Vec2CTCTokenizer", "processor_class": name, **special,
                                  **cased},
        "special_tokens_map.json": {kind: token for kind, token in special.items() if token},
        "preprocessor_config.json": {**listener, "processor_class": name},
    }
    if contents.lm:
        labels = ["", *units.names[1:]]
        files["alphabet.json"] = {"labels": labels, "is_bpe": units.marks_words}
    for file, content in files.items():
        write_lines(folder / file, [to_line(content, indent=2)])
    yield f"{folder}: {name} of {len(tokens):,} tokens"
    if contents.lm:
        yield _write_language_model(contents, contents.lm, make_folder(folder / "language_model"))


def _write_language_model(contents: Contents, lm: Path, folder: Path) -> str:
    weights = {"alpha": contents.weights.get("alpha", 0.5), "beta": contents.weights.get("beta", 1.5)}
    write_lines(folder / "attrs.json", [to_line({**weights, "unk_score_offset": UNKNOWN_OFFSET,
                                                 "score_boundary": True})])
    write_lines(folder / "unigrams.txt", contents.words)
    if begins_as_binary(lm):
        return write_binary_file(lm, folder / "lm.bin")
    return write_arpa_file(lm, folder / "lm.arpa")


def _write_audiofolder(records: list[Record], folder: Path, skip: Skip) -> int:
    """The recordings, and metadata.csv; returns how many."""
    names, rows = SafeNames("/\\"), []
    columns = {theirs: ours for theirs, ours in COLUMNS.items() if any(one.get(ours) for one in records)}
    for record in records:
        try:
            file = _recording(record, folder, names.of(str(record["id"])))
        except AudioError as problem:
            skip(f"`{record['id']}`: {problem}")
            continue
        rows.append([file, *(record.get(ours) or "" for ours in columns.values())])
    with atomic_text(folder / "metadata.csv") as stream:
        table = csv.writer(stream, lineterminator="\n")
        table.writerow(["file_name", *columns])
        table.writerows(rows)
    return len(rows)


def _recording(record: Record, folder: Path, name: str) -> str:
    """The name of a link to the recording, or of the FLAC that holds the record's part of it.

    raises  AudioError where it cannot be read
    """
    source = Path(record["audio_filepath"])
    offset, duration = float(record.get("offset") or 0.0), record.get("duration")
    channel = parse_channel(record.get("channel"))
    seconds = read_info(source).seconds
    is_whole = not offset and (not duration or duration > seconds - ROUNDING_SECONDS)
    if is_whole and channel is None:
        link = folder / f"{name}{source.suffix}"
        link.unlink(missing_ok=True)
        link.symlink_to(source.absolute())
        return link.name
    samples, rate = read_samples(source, offset, duration or None)
    if channel is not None:
        samples = to_mono(samples, source, channel)[:, None]
    with atomic_write(folder / f"{name}.flac") as place:
        place.write_bytes(encode_audio(samples, rate, ".flac"))
    return f"{name}.flac"
