"""`ds2 doctor`: versions, devices, audio formats, language models; tried, for a bug report."""

from typing import Annotated

import typer

from ds2cli.cli import terminal
from ds2cli.errors import Exit


def doctor(as_json: Annotated[bool, typer.Option("--json", help="one JSON object")] = False) -> None:
    """What this machine has and what works on it, tried: paste it into a bug report.

    Exits 1 where something essential fails.
    """
    from ds2cli.workflows.doctor import as_table, examine, is_fit

    findings = list(examine())
    if as_json:
        terminal.write_record({"ok": is_fit(findings), "findings": [finding.as_record() for finding in findings]})
    else:
        terminal.write(as_table(findings))
    if not is_fit(findings):
        terminal.error("something essential does not work", "see what FAILED; install again with: make install")
        raise typer.Exit(Exit.FAILED)
