"""`python -m ds2cli` is `ds2`; torchrun needs a module to launch."""

from ds2cli.cli import run

if __name__ == "__main__":
    run()
