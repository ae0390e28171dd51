"""Manual pages of every command, in man(7)'s macros: `man ds2-decode`."""

import re

from help_text import Help, is_code

from ds2cli import __version__


def man_pages(helps: list[Help]) -> dict[str, str]:
    """roff by file name: ds2.1, ds2-decode.1, ds2-lm-build.1, ..."""
    names = [one.name.replace(" ", "-") for one in helps]
    return {f"{name}.1": _man_page(one, name, names) for one, name in zip(helps, names, strict=True)}


def _man_page(one: Help, name: str, names: list[str]) -> str:
    lines = [f'.TH {name.upper()} 1 "" "ds2 {__version__}" "ds2 manual"', ".SH NAME",
             f"{_roff(name)} \\- {_roff(one.summary.rstrip('.'))}", ".SH SYNOPSIS", ".ad l", _roff(one.usage),
             ".SH DESCRIPTION"]  # fmt: skip
    for block in one.blocks[1:] or one.blocks:  # the first has been said
        if is_code(block):
            lines += [".PP", ".RS 4", ".nf", *map(_roff, block), ".fi", ".RE"]
        else:
            lines += [".PP", _roff(block[0])]
    for section in one.sections:
        lines.append(f".SH {_roff(section.title.upper())}")
        for term, meaning in section.rows:
            lines += [".TP", f"\\fB{_roff(term)}\\fR", _roff(meaning)]
    codes = re.sub(r"^exit codes: ", "", one.epilog)
    lines += [".SH EXIT STATUS", *([_roff(codes)] if codes else [])]
    near = [other for other in names if other != name and _is_near(name, other)]
    if near:
        lines += [".SH SEE ALSO", ", ".join(f"\\fB{_roff(other)}\\fR(1)" for other in near)]
    return "\n".join(lines) + "\n"


def _is_near(name: str, other: str) -> bool:
    """Whether two commands are parent and child, or sisters of one group."""
    above, other_above = name.rpartition("-")[0], other.rpartition("-")[0]
    return other in (above, "ds2") or other_above == name or bool(above != "ds2" and other_above == above)


def _roff(text: str) -> str:
    """Text that roff shows as it is: no escapes, no requests, hyphens that can be copied."""
    for mark, name in (("\\", "\\e"), ("-", "\\-"), ("`", "\\(ga"), ("'", "\\(aq"), ('"', "\\(dq")):
        text = text.replace(mark, name)
    return re.sub(r"^\.", r"\\&.", text)
