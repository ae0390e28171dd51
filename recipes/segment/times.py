"""How far segments' words are from the times that people gave a reading's sentences (SMIL): one JSON line.

    cd recipes/segment/data
    ds2 prepare segment mobydick_1.mp3 chapter_001.xhtml --all > said.jsonl
    python ../times.py chapter_001_overlay.smil chapter_001.xhtml < said.jsonl
"""

import json
import re
import sys
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
    """Seconds by which each clip's end lies outside the gap between its last word and the next clip's first."""
    errors, at = [], 0
    for _, end, text in timed:
        inside = words[at : at + len(text)]
        if [word for _, _, word in inside] != text:
            break
        at += len(text)
        if at < len(words):
            errors.append(max(0.0, inside[-1][1] - end, end - words[at][0]))
    return errors


def main() -> None:
    smil, page = (Path(name).read_text(encoding="utf-8") for name in sys.argv[1:3])
    segments = [json.loads(line) for line in sys.stdin]
    words = [(one["offset"] + word["start"], one["offset"] + word["end"], word["word"])
             for one in segments for word in one["words"]]
    timed = clips(smil, page)
    errors = boundary_errors(timed, words)
    print(json.dumps({
        "clips": len(errors), "within_0.2s": sum(error <= 0.2 for error in errors),
        "worst": round(max(errors), 3), "first_word": round(abs(words[0][0] - timed[0][0]), 3),
    }))


if __name__ == "__main__":
    main()
