"""What can go wrong in a person's own things, and how a command ends."""

from enum import IntEnum


class Exit(IntEnum):
    """The exit codes of every command; listed in every help epilogue."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    SKIPPED = 3
    INTERRUPTED = 130


class Ds2Error(Exception):
    """A mistake that a person can mend: printed as `error: ...` and `hint: ...`, never as a traceback.

    message  what and where: lower case, no full stop, names in backticks
    hint     the cure, as something to type
    code     how the command ends
    """

    code = Exit.FAILED

    def __init__(self, message: str, hint: str | None = None, code: Exit | None = None) -> None:
        super().__init__(message)
        self.hint = hint
        if code is not None:
            self.code = code


class UsageError(Ds2Error):
    """The command was asked wrongly: a flag, a value, a file that does not exist."""

    code = Exit.USAGE


class ConfigError(UsageError):
    """A setting that does not exist or has the wrong type."""


class ManifestError(UsageError):
    """A record that cannot be read; the message names file and line."""


class AudioError(Ds2Error):
    """A recording that cannot be read, or has nothing in it."""


class TextError(Ds2Error):
    """A transcript that the units cannot spell, or that CTC cannot fit into its frames."""


class CheckpointError(UsageError):
    """A file that is not a ds2 checkpoint, or does not fit this network."""


class LanguageModelError(UsageError):
    """A language model that cannot be read, or is of another kind than the units."""
