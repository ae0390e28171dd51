"""How written Mandarin is read aloud."""
