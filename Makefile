.DEFAULT_GOAL := help
.PHONY: help setup run test lint format lock clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SAMPLE := .store-monitor/sample-input
LOCK := --python-version 3.11 --universal --generate-hashes --no-emit-index-url --no-header
UP := $(if $(DATA),--data $(DATA)) $(if $(ONCE),--once) $(if $(OUT),--report $(OUT)) $(if $(KAFKA),--kafka $(KAFKA)) \
      $(if $(PORT),--api-port $(PORT)) $(if $(AS_OF),--as-of $(AS_OF)) $(if $(FRESH),--fresh)

help: ## Say what every target does
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.installed ## Make .venv with everything locked in requirements-dev.lock; again does nothing

$(VENV)/.installed: requirements-dev.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "store-monitor needs Python 3.11 or newer, set PYTHON=")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements-dev.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

run: setup ## Run the service on a sample (DATA=dir ONCE=1 OUT=file KAFKA=host:port PORT=n AS_OF=iso FRESH=1)
ifeq ($(DATA),)
	@$(BIN)/store-monitor sample $(SAMPLE) --stores 500 --days 8
	@$(BIN)/store-monitor up --data $(SAMPLE) $(UP)
else
	@$(BIN)/store-monitor up $(UP)
endif

test: setup ## Run the tests, on a real Kafka and real RocksDB files
	$(BIN)/python -m pytest

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

clean: ## Remove .venv and what the tools cache; state under .store-monitor stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
