"""Which toolkits `ds2 export --to` writes for: one line here, one module of the same name beside it.

A module holds `TAKES`, the names of the `Contents` that the toolkit has a place for, and
`write(contents, folder, skip)`, which writes them and yields a line for people about each file. Nothing is imported
before a toolkit is named.
"""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ds2cli.toolkits.contents import Contents, Skip

TOOLKITS = {
    "nemo": "NeMo: dev.json, labels.yaml or tokenizer/, lm.bin, lexicon.txt, log-probs with the blank last",
    "k2": "icefall and k2: manifests/ of lhotse, lang/ with tokens.txt, words.txt, lexicon.txt; lm.arpa",
    "espnet": "ESPnet: data/dev/, token_list/tokens.txt, ngram.bin, log-probs as ark and scp",
    "kaldi": "Kaldi: data/dev/, dict/lexicon.txt, lm.arpa.gz, log-probs as ark and scp",
    "lhotse": "lhotse: recordings_dev.jsonl.gz, supervisions_dev.jsonl.gz",
    "huggingface": "transformers: a processor with its language model; datasets: an audiofolder",
}


def write(toolkit: str, contents: "Contents", folder: Path, skip: "Skip") -> Iterator[str]:
    """Write what there is a place for; a line for people about each file.

    skip    is told of each record that the toolkit cannot hold
    raises  UsageError where there is nothing to write, or a file cannot be written
    """
    module = import_module(f"ds2cli.toolkits.{toolkit}")
    contents.must_have_some_of(module.TAKES, toolkit)
    for name in contents.named - set(module.TAKES):
        yield f"left out: {toolkit} has no place for {PLACES[name]}"
    yield from module.write(contents, folder, skip)


PLACES = {"parts": "records", "units": "units", "lexicon": "a lexicon", "lm": "an n-gram model",
          "log_probs": "log-probs"}
