"""Lengths of time as people read them."""


def clock(seconds: float) -> str:
    """4:05, or 3:12:09 from an hour on."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
