"""Spoken words back to print: figures, money, dates, capitals and full stops, as people write them.

The way back of `text/english` and `text/mandarin`. It is cautious: what could be meant otherwise stays in words, and
the words that come out are, to the normalisers, the words that went in.
"""
