"""English made comparable: every way of writing the same words becomes one, whatever its case and punctuation.

Not the reader of `text/english`, which turns print into training text and takes capitals and full stops for clues:
here they must not change the answer, since one side of a comparison often lacks them. `english` is the whole way;
`letters`, `words` and `numbers` are its parts, each with its tables.
"""
