"""Digits in running text: a table of what is written with them (`grammar`), and how each kind is read.

`pieces` holds the patterns that the kinds share; `calendar` reads dates and times of day, `amounts` what is counted,
measured and paid, `codes` what is said digit by digit. To teach a new form, write its pattern and its reading in the
file of its kind; the order of the table decides between two that match.
"""
