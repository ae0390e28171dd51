"""Models of other toolkits become runs of ours, which decode, fine-tune and export."""

import json
from collections.abc import Callable
from pathlib import Path

from ds2cli import hints
from ds2cli.errors import UsageError
from ds2cli.model.checkpoint import Checkpoint, save_checkpoint
from ds2cli.model.exchange.deepspeech_pytorch import read_deepspeech_pytorch
from ds2cli.model.recogniser import Recogniser, build_recogniser
from ds2cli.runs.folder import RunFolder, write_text
from ds2cli.text.units import write_units

TOOLKIT = "deepspeech.pytorch"
OTHERS = {
    ".pbmm": "a Mozilla or Coqui model", ".pb": "a TensorFlow graph", ".tflite": "a TensorFlow Lite graph",
    ".index": "part of a TensorFlow checkpoint", ".meta": "part of a TensorFlow checkpoint",
    ".data-00000-of-00001": "part of a TensorFlow checkpoint", ".scorer": "a Coqui scorer (no acoustic model)",
    ".pdparams": "a PaddleSpeech model", ".tar.gz": "an archive, as PaddleSpeech's models are", ".nemo": "a NeMo model",
    ".onnx": "an ONNX graph",
}


def import_run(
    path: Path, folder: Path, labels: Path | None, say: Callable[[str], None] = lambda line: None,
    toolkit: str = TOOLKIT,
) -> tuple[Recogniser, Checkpoint]:
    """A checkpoint of deepspeech.pytorch into a run folder of ours.

    raises  UsageError where the folder holds a run already; CheckpointError where the file cannot be one
    """
    if toolkit != TOOLKIT:
        raise UsageError(f"cannot import models of `{toolkit}`, only of {TOOLKIT}", hint=hints.SAVE_LOGITS)
    for suffix, what in OTHERS.items():
        if path.name.lower().endswith(suffix):
            raise UsageError(f"`{path}` is {what}: only its own toolkit can read it", hint=hints.SAVE_LOGITS)
    run = RunFolder(folder)
    run.must_be_free()
    if run.best.exists():
        raise UsageError(f"`{folder}` already holds a model", hint="name another folder with -o")
    checkpoint = read_deepspeech_pytorch(path, _read_labels(labels) if labels else None, say)
    recogniser = build_recogniser(checkpoint, path)
    run.make()
    write_text(run.units, write_units(checkpoint.units))
    save_checkpoint(run.best, checkpoint)
    return recogniser, checkpoint


def _read_labels(path: Path) -> list[str]:
    """Their labels.json: a list of texts, or one text of single letters."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = None
    if not isinstance(found, (list, str)) or not all(isinstance(label, str) for label in found):
        raise UsageError(f"`{path}` is not a list of labels", hint="deepspeech.pytorch has it as labels.json")
    return list(found)
