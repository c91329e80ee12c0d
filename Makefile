# Each verb sets up what it needs by itself, in .venv and build/, both ignored by git.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: help soak bench demo test lint matrix tempest docs lab-up lab-down clean
help:
	@echo "make demo      see it work on real Keystone and Glance"
	@echo "make test      run all tests"
	@echo "make lint      style and types"
	@echo "make matrix    test every supported release, on every Python and database installed here   [PYTHONS=ends]"
	@echo "make tempest   run OpenStack's own tests, with the filter and without it, and our plugin"
	@echo "make bench     measure speed against the goals   [QUICK=1]"
	@echo "make soak      query beside random failures of the database   [SECONDS=60 SEED=1]"
	@echo "make docs      build the documentation"
	@echo "make lab-up    start a lab to play with   [DIR=build/lab NODES=3]"
	@echo "make lab-down  end it                     [DIR=build/lab]"
	@echo "make clean     remove .venv and build"

$(READY): requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11 ...")'
	@$(PYTHON) requirements/install.py $(VENV)
	@touch $(READY)

test: $(READY)
	$(BIN)/python -m pytest -n 2 --dist loadfile

lint: $(READY)
	$(BIN)/ruff format --check src tests requirements
	$(BIN)/ruff check src tests requirements
	$(BIN)/mypy

DIR ?= build/lab
NODES ?=
# PYTHONS=ends leaves Pythons out; see docs/developers/matrix.md.
PYTHONS ?= all
matrix: $(READY)
	$(BIN)/python tests/matrix/run.py $(PYTHONS)

tempest: $(READY)
	$(BIN)/python tests/tempest/run.py

# QUICK=1 makes the first table alone.
bench: $(READY)
	$(BIN)/python tests/bench/run.py

SECONDS ?= 60
SEED ?= 1
soak: $(READY)
	$(BIN)/python tests/databases/soak.py $(SECONDS) $(SEED)

docs: $(READY)
	$(BIN)/sphinx-build -q -E -W --keep-going -b html docs build/docs
	@echo "build/docs/index.html"

lab-up: $(READY)
	$(BIN)/glance-cache-nodes lab up --dir $(DIR) $(if $(NODES),--nodes $(NODES))

lab-down: $(READY)
	$(BIN)/glance-cache-nodes lab down --dir $(DIR)

demo: $(READY)
	$(BIN)/python -m glance_cache_nodes_lab.demo

# First the labs that run there: nothing could end them afterwards.
clean:
	@PYTHONPATH=src $(PYTHON) -m glance_cache_nodes_lab.stop_all $(DIR) build
	rm -rf $(VENV) build
