"""How far segments' words are from the times that people gave a reading's sentences (SMIL): one JSON line.

    cd recipes/segment/data
    ds2 prepare segment mobydick_1.mp3 chapter_001.xhtml --all > said.jsonl
    python ../times.py chapter_001_overlay.smil chapter_001.xhtml < said.jsonl
"""

import json
import re
import sys
from difflib import SequenceMatcher
from pathlib import Path

from ds2cli.text.markup import text_of_markup
from ds2cli.text.normalise import normalise

CLIP = re.compile(r'<text src="[^#"]*#([^"]+)"/>\s*<audio[^>]*clipBegin="([\d:.]+)" clipEnd="([\d:.]+)"')


def seconds(clock: str) -> float:
    """0:00:29.268 -> 29.268"""
    total = 0.0
    for part in clock.split(":"):
        total = 60 * total + float(part)
    return total


def clips(smil: str, page: str) -> list[tuple[float, float, list[str]]]:
    """Begin, end (seconds) and spoken words of each clip that people have timed."""
    found = []
    for name, begin, end in CLIP.findall(smil):
        element = re.search(rf'<(\w+)[^>]*\bid="{name}"[^>]*>(.*?)</\1>', page, re.DOTALL)
        words = normalise(text_of_markup(element[2]), "english").text.split() if element else []
        found.append((seconds(begin), seconds(end), words))
    return found


def boundary_errors(timed: list[tuple[float, float, list[str]]], words: list[tuple[float, float, str]]) -> list[float]:
    """Seconds by which each clip's end lies outside the gap between its last word and the next clip's first.

    Words are paired by their order, as `diff` would; ends beside words that are in no segment are passed over.
    """
    written = [word for _, _, text in timed for word in text]
    matcher = SequenceMatcher(None, written, [word for _, _, word in words], autojunk=False)
    place = {i + k: j + k for i, j, size in matcher.get_matching_blocks() for k in range(size)}
    errors, at = [], 0
    for _, end, text in timed:
        at += len(text)
        if text and at - 1 in place and at in place:
            errors.append(max(0.0, words[place[at - 1]][1] - end, end - words[place[at]][0]))
    return errors


def main() -> None:
    smil, page = (Path(name).read_text(encoding="utf-8") for name in sys.argv[1:3])
    segments = [json.loads(line) for line in sys.stdin]
    words = [(one["offset"] + word["start"], one["offset"] + word["end"], word["word"])
             for one in segments for word in one["words"]]
    errors = boundary_errors(clips(smil, page), words)
    print(json.dumps({"ends": len(errors), "within_0.2s": sum(error <= 0.2 for error in errors),
                      "worst": round(max(errors), 3)}))


if __name__ == "__main__":
    main()
