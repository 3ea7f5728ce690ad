# Two commands do it all: `make demo` and `make test`.
PYTHON ?= python3
BIN := .venv/bin
DEMO ?= demo
# What is installed, and what builds it, is what constraints.txt says.
export PIP_CONSTRAINT := constraints.txt
export PIP_BUILD_CONSTRAINT := constraints.txt
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test lint types imports unit notebooks bench bench-coverage bench-router bench-map format install install-dev browser clean

demo: install
	$(BIN)/infraplan demo $(DEMO)

test: install-dev browser lint types imports unit

lint:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types:
	$(BIN)/mypy

imports:
	$(BIN)/lint-imports

# The notebooks and the README's commands are tests among the others.
unit:
	$(BIN)/pytest -n 2

# Nothing else should run. `make bench-router ROUTER="--only fibre,roads"` measures a part, `ROUTER=--write` keeps the whole.
bench: install-dev
	$(BIN)/python benchmarks/run.py
	$(MAKE) bench-coverage
	$(BIN)/python benchmarks/routing.py $(ROUTER)
	$(MAKE) bench-map

# DuckDB is no part of the package: without it on PYTHONPATH its row is skipped.
bench-coverage: install-dev
	$(BIN)/python benchmarks/coverage_bench.py
	$(BIN)/python benchmarks/stage.py
	$(BIN)/python benchmarks/mobile.py
	$(BIN)/python benchmarks/services.py

bench-router: install-dev
	$(BIN)/python benchmarks/routing.py $(ROUTER)

# `make bench-map MAP="--only county"` measures a part.
bench-map: install-dev browser
	$(BIN)/python benchmarks/map_bench.py $(MAP)

format:
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# What is compiled once, is compiled here: about half a minute.
install: .venv/installed
install-dev: .venv/installed-dev

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/installed: pyproject.toml constraints.txt | .venv/bin/python
	$(BIN)/python -m pip install --quiet --editable .
	$(BIN)/python -m infraplan.routing
	$(BIN)/python -m infraplan.spatial
	touch $@

.venv/installed-dev: pyproject.toml constraints.txt | .venv/bin/python
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	$(BIN)/python -m infraplan.routing
	$(BIN)/python -m infraplan.spatial
	touch $@ .venv/installed

browser: install-dev
	$(BIN)/python tests/browser/install.py

clean:
	rm -rf .venv dist build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .benchmarks
