# make run [PORT=8600]   start the dashboard
# make test              everything that must hold, in PROCESSES (2) side by side; LAYERSCOPE_TEST_PATIENCE=5 waits five
#                        times as long for what must come
# make check             lint, types and the tests that are quick
# make bench             speed against the floor and against peers -> docs/benchmarks.md
#                        (.venv/bin/python -m benchmarks.pages: how fast the pages are, in a real Chromium)

PYTHON ?= $(shell command -v python3.11 || command -v python3)
HOST ?= 127.0.0.1
PORT ?= 8501
BIN := .venv/bin
# What is compiled is kept, also where the environment says otherwise: most of the start of the tests is to compile them.
export PYTHONDONTWRITEBYTECODE :=
PROCESSES ?= 2
SIDE_BY_SIDE := --numprocesses $(PROCESSES) --dist loadfile --no-loadscope-reorder

.PHONY: run test check lint bench notebooks weights gallery chromium images clean

run: .venv/run.stamp
	@exec $(BIN)/python -m idcore run --host $(HOST) --port $(PORT)

test: .venv/dev.stamp chromium images
	$(BIN)/python -m pytest $(SIDE_BY_SIDE)

check: lint
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) -m "not slow"

lint: .venv/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: .venv-bench/stamp
	OMP_NUM_THREADS=2 OPENBLAS_NUM_THREADS=2 MKL_NUM_THREADS=2 .venv-bench/bin/python -m benchmarks

notebooks: .venv/dev.stamp
	$(BIN)/python -m tests.tools.notebooks

weights: .venv/run.stamp
	$(BIN)/python -m idcore.networks.ship

gallery: .venv/run.stamp
	$(BIN)/python -m idcore.pipeline.gallery $(PHOTOS)

chromium: .venv/dev.stamp
	@$(BIN)/python -m tests.browser.chromium

images: .venv/dev.stamp
	@$(BIN)/python -m tests.tools.debian

clean:
	rm -rf .venv .venv-bench

.venv-bench/stamp: benchmarks/requirements.txt
	@test -x .venv-bench/bin/python || $(PYTHON) -m venv .venv-bench
	@.venv-bench/bin/pip install -qq --disable-pip-version-check -r benchmarks/requirements.txt
	@.venv-bench/bin/pip install -qq --disable-pip-version-check --no-deps --ignore-requires-python \
	    torchid==0.5.1 fastwonn==0.0.9 mlxtend==0.25.0
	@touch $@

.venv/run.stamp: requirements.txt
	@test -n "$(PYTHON)" && $(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11))" || \
	    { echo "Layerscope needs Python 3.11 or newer. Try: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing requirements.txt into .venv (once; torch is large)"
	@$(BIN)/pip install -qq --disable-pip-version-check -r requirements.txt
	@$(BIN)/pip install -qq --disable-pip-version-check --no-deps --editable .
	@touch $@

.venv/dev.stamp: .venv/run.stamp requirements-dev.txt
	@$(BIN)/pip install -qq --disable-pip-version-check -r requirements-dev.txt
	@touch $@
