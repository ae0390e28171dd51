"""`ds2 join`: the shares of a long command become what one machine would have made."""

import contextlib
from pathlib import Path
from typing import Annotated

import typer

from ds2cli.cli.flags import JOIN


def join(
    context: typer.Context,
    shares: Annotated[Path, typer.Argument(metavar="DIR", help="the folder of all shares, FILE.shares")],
) -> None:
    """Join the shares of a command that ran with --shard I/N.

    The result equals that of one machine, byte for byte.

    Runs the command again, with the answers that are there in place of the work: give the same inputs. What is
    missing, unfinished, damaged, there twice or of another command is named, and nothing is written.

    \b
    ds2 decode runs/a test.jsonl -o hyp.jsonl --shard 1/2      (on one machine)
    ds2 decode runs/a test.jsonl -o hyp.jsonl --shard 2/2      (on another, which sees the same disk)
    ds2 join hyp.jsonl.shares                                  (writes hyp.jsonl)
    """
    from ds2cli.jobs.shares import Shares

    found, folder = Shares(shares), shares.resolve()
    command = list(found.command)
    at = command.index("--") if "--" in command else len(command)
    command[at:at] = ["--shard", JOIN, "--shares", str(folder)]
    # Where the command's relative names mean something.
    with contextlib.chdir(found.folder if found.folder.is_dir() else Path.cwd()):
        context.find_root().command(args=command, prog_name="ds2", obj=command)
