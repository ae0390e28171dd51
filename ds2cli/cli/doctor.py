"""`ds2 doctor`: versions, devices, audio formats, language models; tried, for a bug report."""

from typing import Annotated

import typer

from ds2cli.cli import terminal
from ds2cli.errors import Exit


def doctor(as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False) -> None:
    """Check what works on this machine, for a bug report.

    Tests versions, devices, audio formats and language models. The exit code is 1 if something essential fails.
    """
    from ds2cli.workflows.doctor import as_table, examine, is_fit

    findings = list(examine())
    if as_json:
        terminal.write_record({"ok": is_fit(findings), "findings": [finding.as_record() for finding in findings]})
    else:
        terminal.write_line(as_table(findings))
    if not is_fit(findings):
        hint = "see the lines with FAILED; install again with: pip install --force-reinstall ds2cli"
        terminal.error("something essential does not work", hint)
        raise typer.Exit(Exit.FAILED)
