"""How written English is read aloud."""
