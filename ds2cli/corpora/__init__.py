"""Someone's disk in, records out: one short file per corpus."""
