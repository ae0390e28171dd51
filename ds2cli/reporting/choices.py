"""What a person may choose by name for a page. Light: the command line reads it at start-up."""

from enum import StrEnum

# Players of recordings: they point to the files, the page holds the sound itself, or there are none.
Sound = StrEnum("Sound", ["link", "embed", "none"])
