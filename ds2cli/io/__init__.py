"""Files and threads: what is written appears whole, what is read is UTF-8 whatever wraps it, work stays in order."""
