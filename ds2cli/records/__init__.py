"""Records, and the formats they come in and go out as: one module for each format, reader and writer together."""
