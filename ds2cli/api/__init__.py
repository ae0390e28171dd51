"""What `import ds2cli` offers to Python programs; docs/python.md shows it at work.

A thin side door into the workflows: the same defaults, and the same answers, as the commands of the same names.
"""
