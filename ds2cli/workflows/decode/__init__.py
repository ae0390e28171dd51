"""`ds2 decode`: recordings, or sound as it comes, to words."""
