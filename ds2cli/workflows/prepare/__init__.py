"""`ds2 prepare`: corpora, manifests, units and lexicons, one module for each subcommand."""
