"""Features in, log-probs out."""

import os

# oneDNN, with which torch computes on processors, keeps what it has compiled for every shape of batch that it meets: a
# thousand of them by default, half a megabyte each. It reads this when it computes for the first time.
os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "32")
