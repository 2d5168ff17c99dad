.DEFAULT_GOAL := help
.PHONY: help setup stores run test test-deep faults fuzz bench oha mutation lint format docs browser screenshots lock clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
MUTATION_VENV := .venv-mutation
BENCH_VENV := .venv-bench
STORES_VENV := .venv-stores
STORES := tests/support/store_servers
OHA_VERSION := 1.16.0
MUTMUT := $(MUTATION_VENV)/bin/python -P tests/support/mutation.py
SAMPLE := .store-monitor/input/sample
LOCK := --python-version 3.11 --universal --generate-hashes --no-emit-index-url --no-header
UP := $(if $(DATA),--data $(DATA)) $(if $(ONCE),--once) $(if $(OUT),--report $(OUT)) $(if $(KAFKA),--kafka $(KAFKA)) \
      $(if $(PORT),--api-port $(PORT)) $(if $(AS_OF),--as-of $(AS_OF)) $(if $(FRESH),--fresh) \
      $(if $(WORKERS),--workers $(WORKERS)) $(if $(STATE),--state-dir $(STATE)) $(if $(ADD),--add) \
      $(if $(ALLOW_JUMP),--allow-jump)

help: ## Say what every target does
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.installed ## Make .venv with everything locked in requirements-dev.lock; again does nothing

$(VENV)/.installed: requirements-dev.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "store-monitor needs Python 3.11 or newer, set PYTHON=")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements-dev.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

run: setup ## Run the service on a sample (DATA=dir ONCE=1 OUT=file KAFKA=host:port PORT=n AS_OF=iso FRESH=1 WORKERS=n STATE=dir ADD=1 ALLOW_JUMP=1)
ifeq ($(DATA),)
	@$(BIN)/store-monitor sample $(SAMPLE) --stores 500 --days 8
	@$(BIN)/store-monitor up --data $(SAMPLE) $(UP)
else
	@$(BIN)/store-monitor up $(UP)
endif

stores: $(STORES_VENV)/.installed ## Install the servers of the object stores' tests (needs Go; 3 min, once)

$(STORES_VENV)/.installed: requirements-stores.lock $(STORES)/go-tools.txt
	@command -v go > /dev/null || { echo "make test needs Go, which builds two servers of object stores"; exit 1; }
	$(PYTHON) -m venv $(STORES_VENV)
	$(STORES_VENV)/bin/python -m pip install --quiet --require-hashes --requirement requirements-stores.lock
	GOBIN=$(abspath $(STORES_VENV)/bin) xargs -n 1 go install < $(STORES)/go-tools.txt
	@touch $@

test: setup stores ## Run the tests, on a real Kafka, real RocksDB files and servers of object stores
	$(BIN)/python -m pytest

test-deep: setup ## Run the properties with 10,000 examples each (hours)
	TEST_EFFORT=deep $(BIN)/python -m pytest --timeout 36000 tests/property

faults: setup ## Break workers and brokers at length, 100 kills among it (FAULTS_SEED=n repeats a run)
	FAULTS=long $(BIN)/python -m pytest -n0 -s --durations=0 --timeout 1800 tests/faults

fuzz: setup ## Feed garbage to every decoder for FUZZ_SECONDS, 300 by default
	FUZZ_SECONDS=$(or $(FUZZ_SECONDS),300) nice -n 10 $(BIN)/python -m pytest -n0 -s --durations=0 --timeout 36000 tests/fuzz

bench: setup $(BENCH_VENV)/.installed oha ## Measure, against rivals too, and write docs/benchmarks.* (25 min; ONLY=ingest,live QUICK=1)
	$(BIN)/python -m tests.benchmarks $(if $(ONLY),--only $(ONLY)) $(if $(QUICK),--quick)

$(BENCH_VENV)/.installed: requirements-bench.lock
	$(PYTHON) -m venv $(BENCH_VENV)
	$(BENCH_VENV)/bin/python -m pip install --quiet --require-hashes --requirement requirements-bench.lock
	@touch $@

# The load generator of the group `http`; without it that group says what it could not measure.
oha: $(BENCH_VENV)/.installed
	@if command -v oha >/dev/null || test -x $(BENCH_VENV)/bin/oha; then :; \
	elif command -v cargo >/dev/null; then \
		echo "building oha $(OHA_VERSION), once (some minutes)" && \
		cargo install oha --version $(OHA_VERSION) --locked --quiet --root $(BENCH_VENV); \
	else echo "no oha and no cargo (https://rustup.rs): requests a second will not be measured"; fi

docs: setup ## Write the generated parts of the docs anew
	$(BIN)/python -m tests.support.generated_docs

browser: ## Install Debian's chromium, which the tests of the web pages drive (needs root)
	command -v chromium >/dev/null || { apt-get update && apt-get install --yes --no-install-recommends chromium; }

screenshots: setup ## Make docs/screenshots anew: every page of a real fleet, light and dark, wide and narrow
	$(BIN)/python -m tests.support.screenshots

lint: setup ## Check style and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

format: setup ## Format the code
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

lock: ## Resolve the dependencies anew into the lock files (needs uv)
	uv pip compile pyproject.toml $(LOCK) --upgrade --output-file requirements.lock
	uv pip compile pyproject.toml --extra dev $(LOCK) --constraint requirements.lock --output-file requirements-dev.lock
	uv pip compile pyproject.toml --extra dev --extra mutation $(LOCK) --constraint requirements.lock \
		--output-file requirements-mutation.lock
	uv pip compile $(STORES)/requirements.in $(LOCK) --upgrade --output-file requirements-stores.lock
	uv pip compile tests/benchmarks/rivals/requirements.in $(LOCK) --upgrade --output-file requirements-bench.lock

mutation: $(MUTATION_VENV)/.installed ## Change the domain bit by bit, and see whether a test notices (20 min)
	TEST_EFFORT=few $(MUTMUT) run --max-children 2
	$(MUTMUT) results

$(MUTATION_VENV)/.installed: requirements-mutation.lock
	$(PYTHON) -m venv $(MUTATION_VENV)
	$(MUTATION_VENV)/bin/python -m pip install --quiet --require-hashes --requirement requirements-mutation.lock
	@touch $@

clean: ## Remove .venv and what the tools cache; state under .store-monitor stays
	rm -rf $(VENV) $(MUTATION_VENV) $(BENCH_VENV) $(STORES_VENV) mutants .mypy_cache .ruff_cache .pytest_cache .hypothesis
