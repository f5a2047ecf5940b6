# `make` alone says what there is. Nothing but Python 3.11+ is needed beforehand (and Node.js for `make check`).

PYTHON ?= python3
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

DEV := .venv
RUN := .venv-run
BIN := $(DEV)/bin

# Folders with code; some are absent in an early or a partial checkout.
CODE := $(wildcard egoi_mcp tests bench scripts)

# The wheel brings its own pyright; saying its version keeps it from asking the network for a newer one.
export PYRIGHT_PYTHON_FORCE_VERSION := $(shell sed -n 's/^pyright==\([0-9.]*\).*/\1/p' requirements/dev.txt)
export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1

PIP_INSTALL := -m pip install --quiet --disable-pip-version-check

.PHONY: help env demo test clients check format-check lint types pyright format docs pin build clean

help: ## what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

env: $(DEV)/.stamp ## the environment for work on the code, in .venv

$(DEV)/.stamp: pyproject.toml requirements/dev.txt requirements/build.txt
	$(PYTHON) -m venv --clear $(DEV)
	$(BIN)/python $(PIP_INSTALL) --require-hashes -r requirements/dev.txt -r requirements/build.txt
	$(BIN)/python $(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(RUN)/.stamp: pyproject.toml requirements/runtime.txt requirements/build.txt
	$(PYTHON) -m venv --clear $(RUN)
	$(RUN)/bin/python $(PIP_INSTALL) --require-hashes -r requirements/runtime.txt -r requirements/build.txt
	$(RUN)/bin/python $(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(RUN)/.stamp ## see it work, without an account and without sending anything
	@$(RUN)/bin/egoi-mcp demo $(ARGS)

test: $(DEV)/.stamp clients ## all tests with branch coverage; ARGS="-k name" narrows, without coverage's floor
	@$(BIN)/python -m pytest $(if $(ARGS),$(ARGS),--cov --cov-report=term -n auto --maxprocesses 4 --dist loadfile)

# What other people wrote: clients for tests/clients, the accessibility checker for tests/browser; without
# npm those tests say that they are skipped.
NPM_PARTS := $(patsubst %/package.json,%,$(wildcard tests/clients/package.json tests/browser/package.json))

clients:
	@if [[ -n '$(NPM_PARTS)' ]] && command -v npm >/dev/null; then \
	  $(MAKE) --no-print-directory $(NPM_PARTS:%=%/node_modules/.stamp); fi

%/node_modules/.stamp: %/package.json %/package-lock.json
	cd $* && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

check: format-check lint types pyright ## what CI asks before the tests: format, lint, types twice

format-check: $(DEV)/.stamp
	$(BIN)/ruff format --check .

lint: $(DEV)/.stamp ## ruff's rules
	$(BIN)/ruff check .

types: $(DEV)/.stamp ## mypy, strict
	$(BIN)/mypy --strict $(CODE)

pyright: $(DEV)/.stamp ## pyright, strict
	$(BIN)/pyright $(CODE)

format: $(DEV)/.stamp ## write the format, and the fixes that ruff is sure of
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

docs: $(DEV)/.stamp ## write again what the documents take from the code
	$(BIN)/python scripts/docs.py

pin: ## write requirements/*.txt from pyproject.toml; ARGS=--upgrade takes newer versions
	$(PYTHON) scripts/pin.py $(ARGS)

build: $(DEV)/.stamp ## the wheel and the source archive, in dist/
	$(BIN)/python -m hatchling build

clean: ## remove environments, caches and builds
	rm -rf $(DEV) $(RUN) dist $(NPM_PARTS:%=%/node_modules) .coverage .coverage.* \
	  .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +
