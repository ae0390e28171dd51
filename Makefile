# Bare `make` lists the targets.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# A process of one thread for each core.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto

help:  ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install: $(VENV)/installed  ## .venv with ds2, its tests' packages and the versions of constraints.txt

$(VENV)/installed: pyproject.toml setup.py constraints.txt $(wildcard kernels/*)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[test]'
	touch $@

demo: install  ## recordings in, a recogniser and its word error rate out: AN4, about ten minutes on 2 cores
	PATH="$(abspath $(BIN)):$$PATH" recipes/an4/run.sh

test: install  ## all tests but the slow ones
	$(PYTEST)

test-slow: install  ## all tests
	$(PYTEST) -m ''

check: install  ## the linter, the types, then the tests
	$(BIN)/ruff check .
	$(BIN)/python -m mypy
	$(PYTEST)

docs: $(VENV)/installed-docs  ## site/: the documentation, and man pages in site/man
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

$(VENV)/installed-docs: $(VENV)/installed
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[docs]'
	touch $@

golden: install  ## rewrite the golden files; the diff is the review
	$(BIN)/python -m pytest tests/cli tests/reporting tests/scoring --golden

bench: $(VENV)-bench/installed  ## the benchmarks, beside the peers, in an environment of their own; speech from DS2_DATA
	for bar in decode_kinds units decode stream align lm score scores load train lstm crf transducer transducer_loss normalise cluster; do $(VENV)-bench/bin/python tests/benchmarks/$$bar.py || exit 1; done
	$(VENV)-bench/bin/python tests/benchmarks/serve.py english-live $(DS2_DATA)/librispeech-train-clean-5/dev.jsonl

$(VENV)-bench/installed: tests/benchmarks/requirements.txt pyproject.toml constraints.txt $(wildcard kernels/*)
	$(PYTHON) -m venv $(VENV)-bench
	$(VENV)-bench/bin/pip install --quiet --upgrade pip
	$(VENV)-bench/bin/pip install --quiet --constraint constraints.txt '.[test]' -r tests/benchmarks/requirements.txt
	touch $@

wheel:  ## dist/: a source archive and a wheel, whose quick tests are run outside of the checkout
	.ci/wheel $(PYTHON)

clean:  ## remove what make made, the runs of the recipes included
	rm -rf $(VENV) $(VENV)-bench build dist site *.egg-info recipes/*/work

.PHONY: help install demo test test-slow check docs golden bench wheel clean
