"""Zip archives (books, log-probs), and all that reading a damaged one can raise."""

import lzma
import zipfile
import zlib

# Besides its own error zipfile lets through those of its decompressors, of struct, and, for methods and flags that only
# damage brings, NotImplementedError and RuntimeError; names and sizes that lead nowhere are lookups, values, EOF.
DAMAGE = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, LookupError, ValueError, TypeError,
    AttributeError, RuntimeError, OverflowError, MemoryError,
)  # fmt: skip
