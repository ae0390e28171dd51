"""NIST's global mapping files: rules that make spellings equal before they are scored.

    * case_sensitive = 'F'
    GONNA  =>  GOING TO  / [ ] __ [ ]
    [I'LL]  =>  [{ I'LL / I WILL }]  / [ ] __ [ ]

A rule replaces a string where its left and right context stand beside it. At each position of the text the first rule
that fits is used and its output is not looked at again (SCTK, rfilter1; format NIST1). The text is scanned with one
space at its beginning and its end. Where case does not matter to the rules, it does not matter to the score either:
both sides are put into upper case, as NIST's csrfilt does.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from ds2cli.errors import UsageError
from ds2cli.io.text import Line

HINT = "a rule looks like: [GONNA] => [GOING TO] / [ ] __ [ ]"
_SETTING = re.compile(r"\*\s*(\w+)\s*=?\s*[\"'](.*?)[\"']")
_WHITE_SPACE = re.compile(r"[\t\v\f\r]")
_CONTEXT = re.compile(r"(.*)/\s*(\S*|\[[^\]]*\])\s*_+\s*(\S*|\[[^\]]*\])\s*$")


@dataclass(frozen=True)
class GlmRule:
    """`pattern` becomes `output` where `left` stands before it and `right` after it."""

    pattern: str
    output: str
    left: str = ""
    right: str = ""


@dataclass
class Glm:
    """The rules of a file, by the first character of what they replace."""

    case_sensitive: bool = True
    copy_no_hit: bool = True
    rules: dict[str, list[GlmRule]] = field(default_factory=dict)

    @property
    def makes_choices(self) -> bool:
        """Whether an output offers alternatives, which alignment must then understand."""
        return any("{" in rule.output for rules in self.rules.values() for rule in rules)

    def apply(self, text: str) -> str:
        """The text with every rule applied, one space between words (whatever the white space was)."""
        text = " ".join(text.split())
        text = f" {text} " if self.case_sensitive else f" {text} ".upper()
        pieces: list[str] = []
        at = 0
        while at < len(text):
            rule = next((rule for rule in self.rules.get(text[at], ()) if self._fits(rule, text, at)), None)
            if rule:
                pieces.append(rule.output)
                at += len(rule.pattern)
            else:
                pieces.append(text[at] if self.copy_no_hit else "")
                at += 1
        return " ".join("".join(pieces).split())

    @staticmethod
    def _fits(rule: GlmRule, text: str, at: int) -> bool:
        end = at + len(rule.pattern)
        before = text.startswith(rule.left, at - len(rule.left)) if at >= len(rule.left) else False
        return text.startswith(rule.pattern, at) and before and text.startswith(rule.right, end)


def read_glm(lines: Iterable[Line], name: str) -> Glm:
    """The rules of a global mapping file.

    raises  UsageError naming the line that is not a rule, or a format other than NIST1
    """
    glm, found = Glm(), []
    for number, line in lines:
        line = line.split(";;")[0].strip()
        if not line:
            continue
        if line.startswith("*"):
            _set(glm, line, f"{name}, line {number}")
        else:
            found.append(_parse_rule(line, f"{name}, line {number}"))
    for rule in found:
        if not glm.case_sensitive:
            rule = GlmRule(*(part.upper() for part in (rule.pattern, rule.output, rule.left, rule.right)))
        glm.rules.setdefault(rule.pattern[0], []).append(rule)
    return glm


def _set(glm: Glm, line: str, where: str) -> None:
    setting = _SETTING.match(line)
    if not setting:
        return
    key, value = setting.group(1).lower(), setting.group(2)
    if key == "format" and value != "NIST1":
        raise UsageError(f"{where}: format `{value}`", hint="ds2 reads the format NIST1")
    if key in ("case_sensitive", "copy_no_hit"):
        setattr(glm, key, value.upper().startswith("T"))


def _parse_rule(line: str, where: str) -> GlmRule:
    body, left, right = line, "", ""
    context = _CONTEXT.match(line)
    if context:
        body, left, right = context.group(1), _bare(context.group(2)), _bare(context.group(3))
    pattern, arrow, output = body.partition("=>")
    if not arrow or not _bare(pattern.strip()):
        raise UsageError(f"{where}: `{line[:60]}` is not a rule", hint=HINT)
    return GlmRule(_bare(pattern.strip()), _bare(output.strip()), left, right)


def _bare(part: str) -> str:
    part = _WHITE_SPACE.sub(" ", part)
    in_marks = len(part) > 1 and (part[0] + part[-1] in ("[]", '""'))
    return part[1:-1] if in_marks else part
