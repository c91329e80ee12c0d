# Each verb sets up what it needs by itself, in .venv and build/, both ignored by git.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: help soak storm site compare truth bench demo test test-slow lint matrix tempest nova docs lab-up lab-down clean
help:
	@echo "make demo        1 min  see it work on real Keystone and Glance"
	@echo "make test        3 min  run the tests that do not take minutes"
	@echo "make test-slow   9 min  run the others: database failures, Glance 2024.1, each example of the documentation"
	@echo "make lint        1 min  style and types"
	@echo "make matrix     20 min  test every supported release, on every Python and database installed here   [PYTHONS=ends: 5 min]"
	@echo "make tempest     4 min  run OpenStack's own tests, with the filter and without it, and our plugin"
	@echo "make nova        3 min  boot guests with real Nova: where their image is, and all the same while Glance hangs or is gone"
	@echo "make bench      30 min  measure speed against the goals   [QUICK=1: 1 min]"
	@echo "make soak        1 min  query beside random failures of the database   [SECONDS=60 SEED=1]"
	@echo "make truth      10 min  make ten wrong records on real nodes, and see them found and corrected   [CELLS=2026.2/sqlite: 3 min]"
	@echo "make storm       3 min  faults on real nodes under load, then reconcile: record equals disk   [SECONDS=120 SEED=1 FILL=1]"
	@echo "make site        3 min  count what two sites read from a slow backend, natively and with cache_fill   [SERVER=cheroot DATABASE=sqlite]"
	@echo "make compare    30 min  each bad case, natively and with the filters, side by side   [KINDS=threads ROWS=hangs SHARE=1]"
	@echo "make docs        1 min  build the documentation"
	@echo "make lab-up      1 min  start a lab to play with   [DIR=build/lab NODES=3, or SITES=edge1=2,central=1]"
	@echo "make lab-down           end it   [DIR=build/lab]"
	@echo "make clean              end the labs in build and DIR, and remove .venv and build   [DIR=build/lab]"
	@echo "On two processors that do nothing else. The first verb makes .venv, which takes a minute more."

$(READY): requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11 ...")'
	@$(PYTHON) requirements/install.py $(VENV)
	@touch $(READY)

PYTEST = $(BIN)/python -m pytest -n 2 --dist loadfile
test: $(READY)
	$(PYTEST) -m "not slow"

test-slow: $(READY)
	$(PYTEST) -m slow

lint: $(READY)
	$(BIN)/ruff format --check src tests requirements
	$(BIN)/ruff check src tests requirements
	$(BIN)/mypy

DIR ?= build/lab
NODES ?=
SITES ?=
# PYTHONS=ends leaves Pythons out; see docs/developers/matrix.md.
PYTHONS ?= all
matrix: $(READY)
	$(BIN)/python tests/matrix/run.py $(PYTHONS)

tempest: $(READY)
	$(BIN)/python tests/tempest/run.py

nova: $(READY)
	$(BIN)/python tests/nova/run.py

# QUICK=1 makes the first table alone.
bench: $(READY)
	$(BIN)/python tests/bench/run.py

SECONDS ?= 60
SEED ?= 1
soak: $(READY)
	$(BIN)/python tests/databases/soak.py $(SECONDS) $(SEED)

# CELLS="2024.1/sqlite ..." for some of the releases and databases.
CELLS ?=
truth: $(READY)
	$(BIN)/python tests/truth/run.py $(CELLS)

storm: SECONDS = 120
storm: $(READY)
	$(BIN)/python tests/storm/run.py $(SECONDS) $(SEED) $(if $(FILL),--fill)

docs: $(READY)
	$(BIN)/sphinx-build -q -E -W --keep-going -b html docs build/docs
	@echo "build/docs/index.html"

# SERVER=cheroot, gunicorn, uwsgi or glance-api; DATABASE=sqlite or mariadb.
site: $(READY)
	$(BIN)/python tests/site/run.py

# KINDS="threads gunicorn uwsgi eventlet", ROWS: words of the names of cases, SHARE=1: 90 s, and no seconds decide.
KINDS ?=
ROWS ?=
compare: $(READY)
	$(BIN)/python tests/compare/run.py $(if $(SHARE),--share) $(if $(KINDS),--kinds $(KINDS)) $(if $(ROWS),--rows $(ROWS))

lab-up: $(READY)
	$(BIN)/glance-cache-nodes lab up --dir $(DIR) $(if $(NODES),--nodes $(NODES)) $(if $(SITES),--sites $(SITES))

lab-down: $(READY)
	$(BIN)/glance-cache-nodes lab down --dir $(DIR)

demo: $(READY)
	$(BIN)/python -m glance_cache_nodes_lab.demo

# First the labs that run there: nothing could end them afterwards.
clean:
	@PYTHONPATH=src $(PYTHON) -m glance_cache_nodes_lab.stop_all $(DIR) build
	rm -rf $(VENV) build
