"""`ds2 export`: a checkpoint in other forms, compared with the original."""
