"""A thousand damaged files of each kind: a clear answer or a clear complaint, never a traceback."""

import random

import pytest

from ds2cli.errors import Ds2Error
from ds2cli.scoring.choices import Kind, ReadOptions, ScoreOptions
from ds2cli.workflows.score.score import score

FILES = {
    "trn": ("the { big / @ } cat sat; (s-1)\na (b) fi- d* (s-2)\n;; note\n你好 wifi (s-3)\n",
            "the cat sat (s-1)\na fish d (s-2)\n你号 wifi (s-3)\n"),
    "stm": (";; note\nrec A spk 0.0 2.0 <o,f0> hello { big / @ } world\nrec A spk 2.0 4.0 good bye\n",
            ";; note\nrec A 0.1 0.3 hello 0.9\nrec A * * <ALT_BEGIN>\nrec A 0.5 0.2 a\nrec A * * <ALT>\n"
            "rec A 0.5 0.2 b\nrec A * * <ALT_END>\nrec A 2.5 0.3 bye\n"),
    "json": ('{"id": "a", "text": "the cat", "pred_text": "the bat", "nbest": [{"text": "a"}], "latency": 0.2}\n'
             '{"id": "b", "text": "\\u4f60", "pred_text": "x", "speaker": ["s"], "offset": 1.5}\n', None),
    "csv": ('id,text,pred_text\n1,"the, cat",the cat\n2,a "b,c\n', None),
}
PIECES = [b"{", b"}", b"/", b"@", b"(", b")", b"\n", b"\x00", b"\xff", b" ", b"\t", b'"', b"\\", b",", b";;", b"-",
          b"*", b"1e999", b"nan", b"<ALT>", b"[", b"]", b"null", b"\xe4", b"\xf0\x9f\x98\x80", b"\xc2\x85", b""]


def damage(rng: random.Random, content: bytes) -> bytes:
    for _ in range(rng.randint(1, 4)):
        at, end = sorted(rng.randrange(len(content) + 1) for _ in range(2))
        match rng.randrange(4):
            case 0:
                content = content[:at] + rng.choice(PIECES) + content[at:]
            case 1:
                content = content[:at] + content[min(end, at + 5):]
            case 2:
                content = content[:at] + bytes([rng.randrange(256)]) + content[at + 1:]
            case 3:
                content = content[:end] + content[at:end] + content[end:]
    return content


@pytest.mark.parametrize("damaged", ["trn", "stm", "ctm", "json", "csv"])
def test_damaged_files_are_scored_or_refused(tmp_path, damaged):
    rng = random.Random(11)
    kind = "stm" if damaged == "ctm" else damaged
    texts = [text and text.encode() for text in FILES[kind]]
    other = "ctm" if kind == "stm" else kind
    paths = tmp_path / f"r.{kind}", tmp_path / f"h.{other}"
    read = ReadOptions(Kind(kind), Kind(other))
    refused = 0
    for _ in range(1000):
        broken = list(texts)
        side = 1 if damaged == "ctm" else rng.randrange(2) if damaged == "trn" else 0
        broken[side] = damage(rng, texts[side])
        for path, content in zip(paths, broken, strict=True):
            path.write_bytes(content or b"")
        try:
            by = () if kind == "csv" else ("speaker",)
            options = ScoreOptions(read, optional=True, fragments=True, by=by, draws=10)
            report = score(paths[0], paths[1] if texts[1] else None, None, options)
            report.summary()
            report.worst(2)
        except Ds2Error:
            refused += 1
    assert 0 < refused < 1000
