"""What a person can type when something is wrong: the one place below the command line that knows its words.

Errors of the other rooms take their hints from here; a test holds every flag to a command that has it.
"""

from collections.abc import Iterable
from pathlib import Path

FREE_FLAGS = {"--jobs", "--device"}  # that decide nothing but a command's speed

# Data
WRITE_MANIFEST = "write one with: ds2 prepare corpus librispeech DIR --part dev-clean > dev.jsonl"
ONE_RECORDING = "give one recording at a time, or use --format ctm"
FIELDS_OF_TEXT = "see: ds2 score --help"
NAME_CHANNEL = "name one of them: --channel 0, or `channel`: 0 in the record"
SEND_RAW_PCM = "send raw PCM: --pcm 16000:1:s16le"
WITHOUT_SOUNDDEVICE = "pip install sounddevice, or: arecord -f S16_LE -r 16000 | ds2 decode --stream -"

# Units and lexicons
FEWER_PIECES = "ask for fewer: --pieces 100"
WRITE_PIECES = "write them with: ds2 prepare units --pieces 500"
DECODE_GREEDILY = "a unit may begin with a space, or be one; decode it --greedy"

# Language models
FEWER_WORDS = "build it again with fewer words: --top N"
WORDS_OF_SCORER = ("a Coqui scorer keeps its words where ds2 cannot read them: give the ARPA that it was made of, "
                   "or build one: ds2 lm build corpus.txt -o lm.arpa")  # fmt: skip
SMALLER_ORDER = "build with a smaller --order"
MORE_ROOM = "free some space, name another folder with TMPDIR, or allow more with --memory"
MODEL_OF_WORDS = "give one with --lm, or leave --lexicon out"
MODEL_OF_UNITS = "build one of the units: ds2 lm build corpus.txt --units, or of words with --lexicon-file"

# Settings
LIST_SETTINGS = "ds2 train --dry-run lists them all"
CONFIG_FILE = "--config takes a TOML file"
SET_ONE = "--set optimizer.learning_rate=3e-4"
LM_OF_LOSS = ("ds2 lm build TRAIN.jsonl --units --spaces --order 4 -o units.arpa.gz "
              "(phones: without --units --spaces), then --set loss.lm=units.arpa.gz")  # fmt: skip
SET_TRANSDUCER = "--set model.head=transducer --set loss.kind=transducer"
SET_PRUNE = "--set loss.prune=5"
NO_CONSISTENCY = "--set augment.consistency=0"
NO_TEACHERS = "--set loss.teachers=[]"
NO_VOCAL_TRACT = "--set augment.vocal_tract=0"
NAME_CTC_RUNS = "name runs with loss.kind=ctc or ctc_crf"
TRAIN_ON_SAME_UNITS = "train both with the same units: --units units.txt"

# Training
TRAIN_CTC_TOO = "train with --set loss.ctc_weight=0.1, or name a CTC run"
SMALLER_NETWORK = "a smaller model.rnn_size or fewer layers; ds2 train ... --dry-run prints the memory of a step"
DISK_IS_GONE = "is the disk with the audio still there? then: ds2 train --resume RUN"
LOWER_RATE = "try a lower rate: --lr 1e-4; the last good checkpoint is intact"
FROM_TRAINING = "it should come from: ds2 train; logits of another toolkit need --units"
A_RUN_WRITES_IT = "a run writes it: ds2 train ... --run RUN"
NAME_ANOTHER_RUN = "a run is a folder: name another --run"

# Decoding
WRITE_LOG_PROBS = "write one with: ds2 decode RUN test.jsonl --log-probs FILE"
NAME_LAYOUT = "name its units, and its blank where they lack it: --units vocab.json, or --units labels.txt --blank last"
SAY_BLANK = "--blank says which it is: first, last, a number, or its name"
WHICH_BLANK = "which column is it? --blank last, --blank first, --blank 3"
MEND_TUNED = "correct it, or decode with --greedy"
TUNED_FLAGS = {"lm": "--lm", "rescore": "--rescore", "lexicon_file": "--lexicon-file"}

# Models of other toolkits
NAME_LABELS = "name them: --labels labels.json"
NAME_ALL_LABELS = "name them all, the blank as `_`: --labels labels.json"
THEIR_LOGITS = ("it has conv.seq_module, rnns and fc in its state_dict; for others, save their logits: "
                "ds2 decode logits.npz --units labels.json")  # fmt: skip
SAVE_LOGITS = "save its logits there, and decode them here: ds2 decode logits.npz --units labels.txt --blank last"
OTHER_RECURRENCES = "LSTM and GRU can be taken over; of others, the logits: ds2 decode --units"

LM_OF_UNITS = "ds2 lm build texts.txt --units --spaces"

# Segments
FIT_FILTER = "fit one with: ds2 prepare filter --train labelled.jsonl -o filter.json"
ALL_SEGMENTS = "ds2 prepare segment --all writes them"

# Scores
NAME_KIND = "name its kind: --ref-kind lines"
MISSING_UTTERANCES = "--missing empty scores them as empty, --missing skip leaves them out; both list them"

# Shares of a long command
SECOND_OF_EIGHT = "the second of eight jobs: --shard 2/8"
OWN_SHARE = "each job has an --shard of its own: 1/8, 2/8, ..."
MAKE_SHARES = ("one of eight: ds2 decode RUN test.jsonl -o hyp.jsonl --shard 1/8, and so on; "
               "then: ds2 join hyp.jsonl.shares")  # fmt: skip
ADD_MACHINE = "add a machine: ray start --address"
RAY_NEEDS_RAY = "--ray needs the package ray"
HEAD_ADDRESS = "its head's address, as ray start --head prints it; on this machine: --ray local"
FEWER_WORKERS = "is there memory for the models on every machine? fewer workers: --jobs 2"
ANOTHER_FOLDER = "remove it, or name another folder with --shares"


def resume(run: Path) -> str:
    return f"ds2 train --resume {run}"


def resume_or_rename(run: Path) -> str:
    return f"continue it with: {resume(run)}; or name another --run"


def begin_run(run: Path) -> str:
    return f"begin one with: ds2 train TRAIN.jsonl --run {run}"


def begin_anew(config: Path) -> str:
    return f"copy it from a backup; or begin anew: ds2 train ... --config {config} --run OTHER"


def begin_again(config: Path) -> str:
    return f"begin again with --config {config}, or copy the run from a backup"


def set_for_streams(settings: Iterable[str]) -> str:
    return " ".join(["train one with:", *(f"--set {one}" for one in settings)])


def tune_again(run: object) -> str:
    return f"or write the file again with: ds2 tune {run} DEV.jsonl --lm FILE"


def name_tuned(what: str) -> str:
    """`what` is a key of TUNED_FLAGS."""
    return f"name one with {TUNED_FLAGS[what]}, or decode --greedy"


def fewer_histories(at_most: int) -> str:
    return f"at most {at_most:,}: build it with a lower --order, or --prune 0 5"


def lm_of_training_texts(written_apart: bool) -> str:
    """`written_apart`: the units are, with spaces between, so that they are the text's words."""
    tokens = "" if written_apart else " --units --spaces"
    return f"build it from the texts to train on: ds2 lm build TRAIN.jsonl{tokens} --order 4 -o units.arpa.gz"


def name_records(toolkit: str) -> str:
    return f"name records, too: ds2 export dev.jsonl --to {toolkit} -o DIR"


def compile_grammar(folder: Path) -> str:
    return (f"python3 -m kaldilm --read-symbol-table={folder}/lang/words.txt --disambig-symbol='#0' "
            f"--max-order=3 {folder}/lm.arpa > G.fst.txt")


def name_column(found: str) -> str:
    return f"its columns are {found}; name one with --ref-field or --hyp-field"


def wrong_shard(words: str) -> str:
    """What is wrong, of a share as it was typed."""
    return f"`--shard {words}` is not I/N"


def answer_share(command: list[str], share: str) -> str:
    return "do what is left of it: " + " ".join(["ds2", *command, "--shard", share])


def cores_of(largest: int) -> str:
    """Of the largest machine of a cluster."""
    return f"--jobs {max(largest, 1)}"


def wrong_blank(blank: str) -> str:
    """What is wrong, of a blank as it was typed."""
    return f"--blank `{blank}` is no column"


def wrong_assignment(name: str, what: str) -> str:
    """What is wrong, of a setting as it was typed."""
    return f"--set `{name}` {what}"
