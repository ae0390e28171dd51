"""Models of other toolkits in, and files for other runtimes out."""
