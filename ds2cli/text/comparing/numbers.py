"""Numbers to figures, however they are written or said: `one hundred and twenty three`, `one two three`, `123`.

Words and figures that follow each other are one number: nobody hears whether `twenty twenty` was written 2020 or 20 20.
So what a run of numbers becomes depends on its figures alone, never on where a writer put spaces or commas.
"""

import re

_SMALL = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen " \
    "seventeen eighteen nineteen"
SMALL = {word: value for value, word in enumerate(_SMALL.split())}
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
TENS = {word: 10 * value for value, word in enumerate(_TENS.split(), 2)}
SCALES = {"hundred": 2, "thousand": 3, "million": 6, "billion": 9, "trillion": 12}
_ORDINALS = "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth " \
    "fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth"
ORDINALS = {word: value for value, word in enumerate(_ORDINALS.split())}
ORDINALS |= {word[:-1] + "ieth": value for word, value in TENS.items()}
PLURALS = {word[:-1] + "ies": value for word, value in TENS.items()}
REPEATS = {"double": 2, "triple": 3}
OH = ("oh", "o")
HALVES = {("and", "a", "half"): ".5", ("and", "a", "quarter"): ".25", ("and", "three", "quarters"): ".75",
          ("and", "one", "half"): ".5", ("and", "one", "quarter"): ".25", ("and", "3", "quarters"): ".75",
          ("and", "half"): ".5", ("and", "quarter"): ".25"}

FIGURES = re.compile(r"\d+(?:\.\d+)*$")
_WITH_ENDING = re.compile(r"(\d+)(?:st|nd|rd|th)$")


def is_number(word: str) -> bool:
    """Figures without an ending."""
    return FIGURES.match(word) is not None


def ordinal(figures: str) -> str:
    """`3` -> `3rd`."""
    ending = "th" if figures[-2:-1] == "1" else {"1": "st", "2": "nd", "3": "rd"}.get(figures[-1], "th")
    return figures + ending


def ordinal_value(word: str) -> int | None:
    """The value of `3rd`; None of anything else."""
    found = _WITH_ENDING.match(word)
    return int(found[1]) if found else None


class Numbers:
    """The words of a text with its numbers in figures."""

    def __init__(self, words: list[str]) -> None:
        self.words = [*words, *[""] * 6]
        self.count = len(words)
        self.out: list[str] = []
        self.run = ""  # the figures of the run that is being read

    def read(self) -> list[str]:
        at = 0
        while at < self.count:
            at = self._number(at) or self._oh_or_point(at) or self._repeated(at) or self._word(at)
        self._end_run()
        return self.out

    def _word(self, at: int) -> int:
        self._end_run()
        self.out.append(self.words[at])
        return at + 1

    def _end_run(self, ending: str = "") -> None:
        if self.run:
            self.out.append(ordinal(self.run) if ending == "th" else self.run + ending)
        self.run = ""

    def _oh_or_point(self, at: int) -> int | None:
        """`nineteen oh six`; `three point one`: within a number only."""
        word = self.words[at]
        is_last = word == "oh" and len(self.run) >= 3 and self._is_figure(at - 1)  # nine oh two one oh
        if not self.run or not (word in OH or word == "point") or not (is_last or self._begins_number(at + 1)):
            return None
        if word == "point":
            return self._decimals(at)
        self.run += "0"
        return at + 1

    def _decimals(self, at: int) -> int:
        self.run += "."
        return at + 1

    def _begins_number(self, at: int) -> bool:
        word = self.words[at]
        return word in SMALL or word in TENS or is_number(word) or word in OH or self._repetition(at) is not None

    def _repeated(self, at: int) -> int | None:
        repetition = self._repetition(at)
        if repetition is None:
            return None
        self.run += repetition
        return at + 2

    def _repetition(self, at: int) -> str | None:
        """`double oh`: 00."""
        times = REPEATS.get(self.words[at])
        if not times:
            return None
        word = self.words[at + 1]
        figure = "0" if word in OH else word if len(word) == 1 and word.isdigit() else str(SMALL.get(word, ""))
        return figure * times if len(figure) == 1 else None

    def _number(self, at: int) -> int | None:
        """One cardinal or ordinal, which joins the run; returns where it ends."""
        lead = self._below_hundred(at) or self._bare_scale(at)
        if lead is None:
            return None
        figures, end, ending = lead
        if not ending:
            figures, end = self._point(figures, end)
            figures, end, ending = self._hundreds(figures, end)
        if not ending:
            figures, end, ending = self._scaled(figures, end)
        if ending == "th":
            self._end_run()
        self.run += figures
        if ending:
            self._end_run(ending)
        return end

    def _below_hundred(self, at: int) -> tuple[str, int, str] | None:
        """`twenty one`, `7`, `thirty first`, `fifties`: figures, end, and ending `th` or `s`."""
        word = self.words[at]
        if word in TENS:
            ones = SMALL.get(self.words[at + 1], 0)
            if 0 < ones < 10:
                return str(TENS[word] + ones), at + 2, ""
            last = ORDINALS.get(self.words[at + 1], 0)
            return (str(TENS[word] + last), at + 2, "th") if 0 < last < 10 else (str(TENS[word]), at + 1, "")
        if word in SMALL:
            return str(SMALL[word]), at + 1, ""
        if word in ORDINALS:
            return str(ORDINALS[word]), at + 1, "th"
        if word in PLURALS:
            return str(PLURALS[word]), at + 1, "s"
        if is_number(word):
            return word, at + 1, ""
        if word[:1].isdigit():
            value = _WITH_ENDING.match(word)
            return (value[1], at + 1, "th") if value else (word[:-1], at + 1, "s") if word.endswith("s") else None
        return None

    def _bare_scale(self, at: int) -> tuple[str, int, str] | None:
        """`a hundred`, `thousand`: one of them."""
        after = at + (self.words[at] == "a")
        return ("1", after, "") if self.words[after] in SCALES else None

    def _point(self, figures: str, end: int) -> tuple[str, int]:
        """`two point two five`: a scale may follow, so the decimals are read with the number."""
        if self.words[end] == "point" and "." not in figures + self.run and self._begins_number(end + 1):
            decimals, at = "", end + 1
            while (part := self._below_hundred(at)) or self.words[at] in OH:
                if part is None:
                    part = "0", at + 1, ""
                if part[2] or "." in part[0]:
                    break
                decimals, at = decimals + part[0], part[1]
            if decimals:
                return f"{figures}.{decimals}", at
        return self._half(figures, end)

    def _half(self, figures: str, end: int) -> tuple[str, int]:
        if self.words[end] != "and":
            return figures, end
        for words, decimals in HALVES.items():
            if "." not in figures + self.run and tuple(self.words[end : end + len(words)]) == words:
                return figures + decimals, end + len(words)
        return figures, end

    def _hundreds(self, figures: str, end: int) -> tuple[str, int, str]:
        """`two hundred (and) sixty`."""
        scaled = self._scale(figures, end, only="hundred")
        if scaled is None:
            return figures, end, ""
        figures, end, ending = scaled
        if ending or "." in figures:
            return figures, end, ending
        part = self._below_hundred(end + (self.words[end] == "and"))
        counts_on = part is not None and self.words[part[1]] == "hundred"  # `one hundred two hundred` are two
        if part and len(part[0]) == 1 and not part[2] and self.words[end] != "and" and self._is_figure(part[1]):
            return figures, end, ""  # `eight hundred five five five`: a telephone
        if part and not counts_on and part[0].isdigit() and len(part[0]) <= 2 and not part[0].startswith("0"):
            return figures[: -len(part[0])] + part[0], part[1], part[2]
        return (*self._half(figures, end), "")

    def _is_figure(self, at: int) -> bool:
        word = self.words[at]
        return word in OH or (word.isdigit() and len(word) == 1) or 0 <= SMALL.get(word, 10) < 10

    def _scaled(self, figures: str, end: int) -> tuple[str, int, str]:
        """`three million two hundred thousand (and) five`."""
        room = None
        total, chunk = "", figures
        while (scaled := self._scale(chunk, end)) is not None:
            chunk, after, ending = scaled
            if room is not None and len(chunk) > room:
                break
            total = total[: len(total) - len(chunk)] + chunk
            room, end = len(total) - len(total.rstrip("0")) if "." not in total else 0, after
            if ending or not room:
                return total, end, ending
            part = self._below_hundred(end + (self.words[end] == "and"))
            if part is None or not part[0].isdigit() or part[0].startswith("0") or part[2] == "s":
                return (*self._half(total, end), "")
            chunk, after, ending = part if part[2] else self._hundreds(part[0], part[1])
            if len(chunk) > room or "." in chunk:
                return total, end, ""
            if self._scale(chunk, after) is None:
                return total[: len(total) - len(chunk)] + chunk, after, ending
            before, (figures, end) = (total, end), (chunk, after)
            fits = self._scale(chunk, after)
            if ending or fits is None or "." in fits[0] or len(fits[0]) > room:
                return before[0], before[1], ""
        return total or figures, end, ""

    def _scale(self, figures: str, at: int, only: str | None = None) -> tuple[str, int, str] | None:
        """The figures times the scale at this word, where there is one: with its ending."""
        word = self.words[at]
        for ending, name in (("", word), ("th", word.removesuffix("th")), ("s", word.removesuffix("s"))):
            is_scale = name in SCALES and (name == only if only else name != "hundred")
            if is_scale and (not ending or name != word) and figures.count(".") <= 1:
                return _shift(figures, SCALES[name]), at + 1, ending
        return None


def _shift(figures: str, zeros: int) -> str:
    """Figures with the decimal point moved to the right."""
    whole, _, decimals = figures.partition(".")
    decimals = decimals.ljust(zeros, "0")
    rest = decimals[zeros:].rstrip("0")
    whole += decimals[:zeros]
    whole = whole.lstrip("0") or "0" if "." in figures else whole
    return f"{whole}.{rest}" if rest else whole
