"""Log lines: one JSON object each, on stderr. They tell what happened, how long it took, and never what was said."""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Any

LEVELS = {"error": 40, "warning": 30, "info": 20, "debug": 10}


class Log:
    """Lines of a level or above.

    least  error, warning, info, debug
    """

    def __init__(self, least: str = "info") -> None:
        self._least = LEVELS[least]

    def __call__(self, event: str, level: str = "info", **fields: Any) -> None:
        if LEVELS[level] < self._least:
            return
        time = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line = json.dumps({"time": time, "level": level, "event": event, **fields}, ensure_ascii=True, default=str)
        try:
            sys.stderr.write(line + "\n")
            sys.stderr.flush()
        except (OSError, ValueError):  # nobody reads it: the work goes on
            return

    def bug(self, problem: BaseException, **fields: Any) -> None:
        """What should not have happened, with its traceback."""
        told = "".join(traceback.format_exception(problem))
        self("bug", "error", problem=f"{type(problem).__name__}: {problem}", traceback=told, **fields)

    def take_over(self) -> None:
        """What libraries log comes out as lines like the others."""
        root = logging.getLogger()
        root.handlers, root.level = [_Handler(self)], logging.WARNING
        for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "websockets"):
            logger = logging.getLogger(name)
            logger.handlers, logger.propagate, logger.level = [], True, logging.ERROR


class _Handler(logging.Handler):
    def __init__(self, log: Log) -> None:
        super().__init__()
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        level = next((name for name, value in LEVELS.items() if record.levelno >= value), "debug")
        told = {"traceback": "".join(traceback.format_exception(*record.exc_info))} if record.exc_info else {}
        self._log("library", level, logger=record.name, message=record.getMessage().strip(), **told)
