"""References and hypotheses as people keep them: JSON lines, trn, Kaldi text, plain lines, tables, stm and ctm."""
