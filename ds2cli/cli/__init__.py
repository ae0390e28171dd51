"""The shell's face: parse, call one workflow, print. No heavy import at module level in this folder.

`main` is the one error boundary: a `Ds2Error` becomes two lines on stderr and an exit code; a bug keeps its traceback.
"""

import gc
import os
import sys
import traceback
from typing import Any

# Before torch is imported anywhere: at a barrier, OpenMP's threads spin for so many turns (tens of microseconds),
# then sleep. For ever, as they would by default, a busy neighbour turned a 4 s training step into 45 s; not at all,
# the barriers of a recurrent layer cost a fifth of a step (2 cores: 147 ms asleep, 117 ms so).
os.environ.setdefault("GOMP_SPINCOUNT", "20000")

import typer  # noqa: E402
import typer.core  # noqa: E402

from ds2cli import __version__  # noqa: E402
from ds2cli.cli import terminal  # noqa: E402
from ds2cli.cli.conventions import EPILOG, SETTINGS  # noqa: E402
from ds2cli.cli.former_names import with_current_names  # noqa: E402
from ds2cli.cli.help import Page, lay_out  # noqa: E402
from ds2cli.cli.numbers import finite_numbers  # noqa: E402
from ds2cli.errors import Ds2Error, Exit  # noqa: E402
from ds2cli.jobs.plan import ShareDone  # noqa: E402

# The pipe, then what serves it.
ORDER = ("prepare", "train", "decode", "serve", "score", "lm", "tune", "align", "join", "average", "export", "import",
         "plot", "doctor")  # fmt: skip


class PipeOrder(Page, typer.core.TyperGroup):
    """Lists the commands in the order of the pipe."""

    def list_commands(self, ctx: Any) -> list[str]:
        return sorted(super().list_commands(ctx), key=ORDER.index)


app = typer.Typer(
    cls=PipeOrder,
    name="ds2",
    help="Speech recognition from the shell: prepare, train, decode, score.",
    epilog=EPILOG,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings=SETTINGS,
)


def _print_version(asked: bool) -> None:
    if asked:
        terminal.write_line(f"ds2 {__version__}")
        raise typer.Exit()


@app.callback()
def options(
    version: bool = typer.Option(
        False, "--version", callback=_print_version, is_eager=True, help="print the version and exit"
    ),
    quiet: bool = typer.Option(False, "-q", "--quiet", help="print errors only"),
    verbose: bool = typer.Option(False, "-v", "--verbose", help="also print what is chosen and why"),
    debug: bool = typer.Option(False, "--debug", help="print a traceback with every error"),
) -> None:
    """Speech recognition from the shell: prepare, train, decode, score."""
    if quiet or verbose:
        terminal.session().verbosity = terminal.QUIET if quiet else terminal.VERBOSE
    if debug:
        terminal.session().tracebacks = True


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code: the door that people, scripts and tests share."""
    terminal.open_standard_streams()
    with terminal.own_session() as session:
        return _main(with_current_names(sys.argv[1:] if arguments is None else arguments), session)


def _main(arguments: list[str], session: terminal.Session) -> int:
    try:
        app(args=arguments, prog_name="ds2", standalone_mode=True, obj=arguments)
    except SystemExit as ending:
        return ending.code if isinstance(ending.code, int) else int(bool(ending.code))
    except Ds2Error as mistake:
        terminal.error(str(mistake), mistake.hint)
        if session.tracebacks:
            traceback.print_exception(mistake)
        return int(mistake.code)
    except ShareDone as done:
        terminal.say(done.line)
    except KeyboardInterrupt:
        return int(Exit.INTERRUPTED)
    except BrokenPipeError:
        terminal.discard_stdout()  # the reader has seen enough (`| head`): leave quietly
        return int(Exit.FAILED)
    return int(Exit.DONE)


def run() -> None:
    """The `ds2` command."""
    gc.set_threshold(10_000)  # of 700, importing torch takes a tenth longer: much is made, and nothing is garbage
    sys.exit(main())


# One line per command; each module is light, and loads its workflow when it is called.
from ds2cli.cli import (  # noqa: E402
    align,
    average,
    decode,
    doctor,
    export,
    import_run,
    join,
    lm,
    lm_text,
    plot,
    prepare,
    prepare_texts,
    score,
    segment,
    serve,
    train,
    tune,
)

lm.app.command("text", epilog=EPILOG)(lm_text.text)
for part in (prepare_texts.units, prepare_texts.lexicon, prepare_texts.pronounce, prepare_texts.pseudo_labels):
    prepare.app.command(part.__name__.replace("_", "-"), epilog=EPILOG)(part)
prepare.app.command("segment", epilog=EPILOG)(segment.segment)
prepare.app.command("filter", epilog=EPILOG)(segment.fit)
for name, group in (("prepare", prepare), ("lm", lm), ("plot", plot)):
    app.add_typer(group.app, name=name)
app.command("tune", epilog=EPILOG, cls=tune.Command)(tune.tune)
for command in (train.train, decode.decode, serve.serve, score.score, align.align, join.join, average.average,
                doctor.doctor):  # fmt: skip
    app.command(command.__name__, epilog=EPILOG)(command)
app.command("export", help=export.HELP, epilog=EPILOG)(export.export)
app.command("import", epilog=EPILOG)(import_run.import_run)
finite_numbers(app)
lay_out(app)
