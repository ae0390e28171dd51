"""What a text holds that nobody says: time stamps, who speaks, stage directions; and words that a line's end divides.

A piece that is left out by mistake costs the sound around it, one that stays by mistake costs nothing but a word that
the aligner skips: so each kind needs evidence, from its form or from the rest of the text.
"""

import re
from collections import Counter
from dataclasses import dataclass, field

from ds2cli.text.line_ends import Knows, join_words

STAMPS, SPEAKERS, DIRECTIONS = "time stamps", "names of speakers", "stage directions"
JOINED = "words joined at lines' ends"

_CLOCK = r"\d{1,3}:[0-5]\d(?::[0-5]\d)?(?:[.,:]\d{1,3})?"
_BRACKETED = re.compile(
    rf"[\[(<{{]\s*{_CLOCK}(?:\s*(?:-{{1,2}}>?|–|—|to)\s*{_CLOCK})?\s*[\])>}}]|\[\s*\d+(?:\.\d+)?\s*s(?:ec)?\s*\]")
_BARE = re.compile(
    rf"^[ \t]*(?:{_CLOCK}(?:[ \t]*(?:-{{1,2}}>|[-–—])[ \t]*{_CLOCK})?)(?![\w:.,]*[\w%])[ \t]*(?:[-–—|][ \t]+)?",
    re.MULTILINE)
FEWEST_STAMPS = 3  # at lines' beginnings, each later than the one before

# A name before a colon, or before the time at which its turn begins.
_NAME = r"(?:[^\W\d_][\w.'’&/-]*(?:[ \t]+[\w.'’&/#-]+){0,3})"
_ASIDE = r"(?:[ \t]*[\[(][^\[\]()\n]{1,60}[\])])?"
_LABEL = re.compile(
    rf"^(?P<lead>[ \t]*(?:>>+[ \t]*|[-–—•*_][ \t*_]*)?)(?P<name>{_NAME})(?P<aside>{_ASIDE})[ \t*_]*:"
    r"[*_]*(?=\s|$|[\"“‘A-Z])[ \t]*",
    re.MULTILINE)
# Printed plays: the name on a line of its own.
_NAME_LINE = re.compile(r"^[ \t]*[_*]*(?P<name>[^\W\d_a-z][^\W\d_a-z .'’-]{1,30})[.]?[_*]*[ \t]*$", re.MULTILINE)
FEWEST_LINES = 4  # with names on them, each at least twice
_TURN = re.compile(rf"^[ \t]*(?P<name>{_NAME})[ \t]+[\[(]?{_CLOCK}[\])]?[ \t]*$", re.MULTILINE)
_ARROWS = re.compile(r"^[ \t]*>>+[ \t]*", re.MULTILINE)
_KNOWN = re.compile(
    r"(?:speaker|narrator|interview(?:er|ee)|host|guest|moderator|unknown|announcer|reporter|presenter|operator"
    r"|participant|caller|translator|audience|questioner|facilitator|respondent|male|female)"
    r"(?:[ \t#_-]*(?:\d{1,3}|[a-z]|voice|speaker|member))?|(?:man|woman|boy|girl)[ \t#_-]*\d{1,3}|[qa]", re.IGNORECASE)
# Words before a colon that are read: a heading, a remark, a quotation.
_READ = frozenset(
    """chapter book part volume act scene section canto psalm figure table article lecture letter lesson appendix stave
    note notes warning caution example answer question remember moral summary namely thus result conclusion preface
    introduction contents epilogue prologue verse he she it they we you i this that these those there said and but so
    or if as for""".split())

_SOUNDS = (
    "laugh|chuckl|giggl|snicker|applau|clap|cheer|cough|sneez|sigh|sniff|gasp|groan|moan|grunt|whisper|shout|scream|yell"
    "|cry|sob|breath|inhal|exhal|hum|whistl|sing|music|song|silen|pause|noise|inaudible|indistinct|unintelligible|unclear"
    "|crosstalk|cross talk|overlap|foreign|non-english|background|static|beep|ring|knock|bang|thud|click|door|phone"
    "|bell|footstep|bark|thunder|wind|tone|clears|throat|yawn|swallow|smack|lip|mumbl|stutter"
    "|redact|bleep|censor|no audio|end of|start of|break|theme|intro|outro|instrumental|spoken[_ ]noise|speak|sic"
)
_ENDS = "(?:s|e|es|ed|se|ce|t|ing|ling|ter|ping|ming|bing|al|y|ly|ation|ious|red)?"
_SOUND = re.compile(rf"(?:[\w'’,-]+\s+){{0,2}}(?:{_SOUNDS}){_ENDS}(?:[\s,]+[\w'’,-]+){{0,3}}[.!?]?", re.IGNORECASE)
# In round brackets much is read aloud: only what begins with the sound that somebody makes is not.
_VOICE = re.compile(
    r"(?:(?:the )?audience )?(?:laugh|chuckl|giggl|applau|cheers|cough|sneez|sigh|sniff|gasp|groan|inaudible"
    r"|indistinct|unintelligible|crosstalk|silence|pause|music|clears (?:his |her |their )?throat)"
    r"\w*(?: \w+){0,2}[.!?]?",
    re.IGNORECASE)
_PRINT = re.compile(r"(?:illustration|footnote|image|picture|photo|transcriber|editor|sidenote|frontispiece)\b.*"
                    r"|(?:blank page|blank_audio)|(?:pg|page|p\.)\s*\d+|\d{1,4}|[*†‡]|\.{3}|…",
                    re.IGNORECASE | re.DOTALL)
_SQUARE = re.compile(r"[_*]?\[([^\[\]]{1,2000})\][_*]?")
_ROUND = re.compile(r"[_*]?\(([^()\n]{1,80})\)[_*]?")
_STARRED = re.compile(r"(?<![\w*])\*([^*\n]{2,40})\*(?![\w*])|[♪♫]+")
_ALONE = re.compile(r"^[ \t]*[_*]?[\[(]([^\[\]()]{1,400})[\])][_*]?[ \t]*$", re.MULTILINE)


@dataclass(frozen=True)
class Spoken:
    """A text without what nobody says; `left_out` counts what went, by kind."""

    text: str
    left_out: Counter[str] = field(default_factory=Counter)


def spoken_part(text: str, knows: Knows | None = None) -> Spoken:
    """The part of a text that is said.

    knows  asks a lexicon about words that a line's end divides
    """
    left_out: Counter[str] = Counter()
    text = _without_stamps(text, left_out)
    text, is_dialogue = _without_speakers(text, left_out)
    text = _without_directions(text, is_dialogue, left_out)
    text, joined = join_words(text, knows)
    left_out[JOINED] += joined
    return Spoken(re.sub(r"[ \t]+(?=\n)", "", text) if left_out else text, +left_out)


def _without_stamps(text: str, left_out: Counter[str]) -> str:
    """Times in brackets anywhere; bare ones at lines' beginnings, where there are several and they rise."""
    turns = [found for found in _TURN.finditer(text) if not _is_sentence(found["name"])]
    if len(turns) >= 2:  # `Speaker 1   00:15`, and what is said on the lines below
        left_out[SPEAKERS] += len(turns)
        left_out[STAMPS] += len(turns)
        names = {found.start(): found for found in turns}
        text = _TURN.sub(lambda found: "" if found.start() in names else found[0], text)
    text, count = _BRACKETED.subn("", text)
    times = [_seconds(found[0]) for found in _BARE.finditer(text)]
    rising = all(before <= after for before, after in zip(times, times[1:], strict=False))
    if len(times) >= FEWEST_STAMPS and rising and times[0] < times[-1]:
        text, bare = _BARE.subn("", text)
        count += bare
    left_out[STAMPS] += count
    return text


def _seconds(stamp: str) -> float:
    clock = re.match(rf"\s*({_CLOCK})", stamp)
    parts = re.findall(r"\d+", clock[1]) if clock else ["0", "0"]
    return sum(int(part) * 60 ** (2 - at) for at, part in enumerate(parts[:3])) if len(parts) > 2 else (
        60 * int(parts[0]) + int(parts[1]))


def _without_speakers(text: str, left_out: Counter[str]) -> tuple[str, bool]:
    """Names before a colon at a line's beginning; and whether the text is a dialogue.

    A name is one where everybody calls speakers so, where it comes again, or where it looks like others that do.
    """
    text = _ARROWS.sub("", text)
    labels = [found for found in _LABEL.finditer(text) if not _is_sentence(found["name"])]
    counts = Counter(_folded(found["name"]) for found in labels)
    lines = sum(1 for line in text.split("\n") if line.strip())
    capitals = [found for found in labels if found["name"].isupper() and len(found["name"]) > 1]
    is_dialogue = len(labels) >= 3 and len(labels) >= lines / 3 and len(counts) <= max(2, 0.75 * len(labels))
    several_capitals = len(capitals) >= 2 and max(counts[_folded(one["name"])] for one in capitals) >= 2

    def is_speaker(found: re.Match[str]) -> bool:
        name = found["name"]
        if _KNOWN.fullmatch(name) and (len(name) > 1 or counts[_folded(name)] >= 2):
            return True
        if name.isupper() and several_capitals:
            return True
        return is_dialogue and (counts[_folded(name)] >= 2 or name[:1].isupper())

    speakers = {found.start() for found in labels if is_speaker(found)}
    left_out[SPEAKERS] += len(speakers)
    text = _LABEL.sub(lambda found: "" if found.start() in speakers else found[0], text)
    alone = Counter(found["name"] for found in _NAME_LINE.finditer(text))
    names = {name for name, count in alone.items() if count >= 2 and not _is_sentence(name)}
    is_play = len(names) >= 2 and sum(alone[name] for name in names) >= FEWEST_LINES
    if is_play:
        left_out[SPEAKERS] += sum(alone[name] for name in names)
        text = _NAME_LINE.sub(lambda found: "" if found["name"] in names else found[0], text)
    return text, is_play or bool(speakers) and (is_dialogue or several_capitals)


def _is_sentence(name: str) -> bool:
    """Whether what stands before a colon is part of what is said: too many small words, or a heading."""
    words = name.split()
    small = sum(word[:1].islower() for word in words)
    if _KNOWN.fullmatch(name):
        return False
    return words[0].lower().rstrip(".,") in _READ or small > 0 and small >= len(words) / 2


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())


def _without_directions(text: str, is_dialogue: bool, left_out: Counter[str]) -> str:
    """Sounds and print in brackets; in a dialogue also whatever stands in brackets on a line of its own."""

    def drop(found: re.Match[str]) -> str:
        left_out[DIRECTIONS] += 1
        # Words on both sides stay apart, and marks stay with the word before them.
        before, after = found.string[: found.start()][-1:], found.string[found.end() : found.end() + 1]
        return " " if before.isalnum() and after.isalnum() else ""

    def square(found: re.Match[str]) -> str:
        inside = found[1].strip()
        is_shouted = len(inside) > 2 and inside.isupper() and len(inside.split()) <= 8
        is_direction = is_shouted or is_dialogue and "\n" not in inside
        unread = is_direction or _SOUND.fullmatch(inside) or _PRINT.fullmatch(inside)
        return drop(found) if unread else found[0]

    def others(found: re.Match[str]) -> str:
        inside = (found[1] or "").strip()
        return drop(found) if not inside or _VOICE.fullmatch(inside) else found[0]

    if is_dialogue:
        text = _ALONE.sub(lambda found: drop(found), text)
    return _STARRED.sub(others, _ROUND.sub(others, _SQUARE.sub(square, text)))
