"""`ds2 score`: how many errors, which, where, how sure."""

from typing import Annotated

import typer

from ds2cli.cli import terminal
from ds2cli.errors import Exit


def score(
    records: Annotated[str, typer.Argument(metavar="FILE", help="JSON lines with text and pred_text")] = "-",
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object")] = False,
    per_utterance: Annotated[bool, typer.Option("--per-utterance", help="each record with its counts")] = False,
    max_wer: Annotated[float | None, typer.Option("--max-wer", help="exit 1 where the WER is above this")] = None,
) -> None:
    """Word and character error rates of the hypotheses that flow past."""
    import json

    from ds2cli.reporting.score_table import score_table
    from ds2cli.workflows.score import score as score_records

    report = score_records(records)
    if per_utterance:
        for record in report.utterances():
            terminal.write_record(record)
    elif as_json:
        terminal.write(json.dumps(report.summary(), ensure_ascii=False))
    else:
        terminal.write(score_table(report.summary()))
    if max_wer is not None and report.rates.wer is not None and report.rates.wer > max_wer:
        terminal.error(f"WER {report.rates.wer:.2f} is above --max-wer {max_wer:g}")
        raise typer.Exit(Exit.FAILED)
