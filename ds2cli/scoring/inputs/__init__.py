"""From files to pairs: JSON lines, trn, Kaldi text, plain lines, tables, stm and ctm."""
