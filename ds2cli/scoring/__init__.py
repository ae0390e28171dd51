"""How many errors, which, where, how sure.

inputs/ reads files into pairs; edits/ aligns them; normalising (with glm) makes them comparable before. `corpus` counts
all pairs, `rates` sums counts, `confusions` and `oracle` look closer, `significance` says how sure one may be, and
`report` puts it all together. Counts are those of NIST sclite.
"""
