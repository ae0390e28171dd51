"""A page for each command of `ds2`, with those of its group; and the page that lists them."""

from help_text import Help, is_code


def command_pages(helps: list[Help]) -> dict[str, str]:
    """Markdown by the page's path: commands/index.md, commands/decode.md, ..."""
    root, *rest = helps
    pages = {"commands/index.md": _page(root, "# Commands", links={one.name: one for one in rest})}
    for one in rest:
        words = one.name.split()
        path = f"commands/{words[1]}.md"
        pages[path] = pages.get(path, "") + _page(one, f"{'#' * (len(words) - 1)} {one.name}", {})
    return pages


def _page(one: Help, title: str, links: dict[str, Help]) -> str:
    parts = [title]
    for block in one.blocks:
        kind = "sh" if any("ds2 " in line for line in block) else "text"
        parts.append(f"```{kind}\n" + "\n".join(block) + "\n```" if is_code(block) else _text(block[0]))
    parts.append(f"```text\n{one.usage}\n```")
    for section in one.sections:
        if rows := [row for row in section.rows if row[0] != "-h, --help"]:
            parts += [f"**{section.title}**", _table(rows, one.name, links)]
    if links:
        parts.append(_text(one.epilog[:1].upper() + one.epilog[1:] + "."))
    return "\n\n".join(parts) + "\n\n"


def _table(rows: list[tuple[str, str]], name: str, links: dict[str, Help]) -> str:
    lines = ["| | |", "|---|---|"]
    for term, meaning in rows:
        shown = f"`{term}`".replace("|", "\\|")
        if f"{name} {term}" in links:
            shown = f"[{shown}]({term}.md)"
        lines.append(f"| {shown} | {_text(meaning)} |")
    return "\n".join(lines)


def _text(plain: str) -> str:
    """Help as Markdown that shows it as it is."""
    parts = plain.split("`")
    for index in range(0, len(parts), 2):  # outside of code
        for mark in "\\*_<>[]|":
            parts[index] = parts[index].replace(mark, "\\" + mark)
    for index in range(1, len(parts), 2):
        parts[index] = parts[index].replace("|", "\\|")
    return "`".join(parts)
