# Everything happens in two folders: .venv (packages) and .run (what running produces; LIENTHONG_HOME moves it).
SHELL := /bin/bash
.DEFAULT_GOAL := help
SCALE ?= 1
ROLE ?= owner
PYTEST_WORKERS ?= 2
PARCELS ?= 1000000
BATCHES ?= 1000
BIN := .venv/bin

# Usage data of libraries stays at home.
export DO_NOT_TRACK := 1
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export GX_ANALYTICS_ENABLED := false

.PHONY: help run test gate-selftest fault-batches bench-checks bench-gate bench-ledger bench-overlay bench-receipts bench-preview stop clean lint format dsn psql lock setup setup-venv setup-browser

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 16

run: setup ## Start everything, run the pipeline once, show the result (SCALE=1 is 200,000 parcels)
	@$(BIN)/python -m infra.run --scale $(SCALE)

test: setup ## Run all tests on a throw-away cluster (ARGS="-k name" chooses)
	@$(BIN)/pytest -n $(PYTEST_WORKERS) --dist loadgroup --no-loadscope-reorder $(ARGS)

stop: ## Stop every process that make run started
	@$(PYTHON_AT_HAND) -m infra.stop

clean: ## Stop, then delete .run, .venv and caches
	@$(PYTHON_AT_HAND) -m infra.stop --remove
	@rm -rf .venv .venv.lock .cache .hypothesis dbt_project/target dbt_project/logs
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

gate-selftest: setup ## Damage data for every rule of the gate, say what came of it and where its fact was seen in raw data
	@$(BIN)/python -m infra.gate_selftest

fault-batches: setup ## Release 1,000 random batches of faults and say how they ended; only what balances is published (CI: 200; BATCHES=…)
	@LIENTHONG_FAULT_BATCHES=$(BATCHES) $(BIN)/pytest -q -s -n 0 tests/integration/test_conservation.py

bench-checks: setup ## Measure procedure checks and look-ups on 1,000,000 made-up parcels (PARCELS=…)
	@$(BIN)/python -m tests.benchmarks.checks --parcels $(PARCELS)

bench-gate: setup ## Measure row check and gate against SQL by hand, on the home that runs (or BENCH_SCALE=5, made and thrown away)
	@$(BIN)/python -m tests.benchmarks.gate $(if $(BENCH_SCALE),--scale $(BENCH_SCALE))

bench-ledger: setup ## Measure the verification of a ledger of 1,000,000 entries
	@$(BIN)/python -m tests.benchmarks.ledger

bench-overlay: setup ## Measure the overlay of 1,000,000 made-up parcels against the plain join (PARCELS=…, SHARE=1 for all of it)
	@$(BIN)/python -m tests.benchmarks.overlay --parcels $(PARCELS) $(if $(SHARE),--share $(SHARE))

bench-receipts: setup ## Measure what a signed receipt adds to an answer, on 1,000,000 made-up parcels (PARCELS=…)
	@$(BIN)/python -m tests.benchmarks.receipts --parcels $(PARCELS)

bench-preview: setup ## Measure the preview of 100,000 open dossiers against asking every one, on made-up parcels (PARCELS=…)
	@$(BIN)/python -m tests.benchmarks.preview --parcels $(PARCELS)

lint: setup-venv ## Check style, types, layers, SQL, YAML; changes nothing
	@infra/lint.sh

format: setup-venv ## Apply what lint can mend by itself
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format --quiet .
	@$(BIN)/sqlfluff fix --quiet --processes 2 dbt_project connectors/warehouse/ddl

dsn: ## Print the connection string of the warehouse (ROLE=procedure_reader for another role)
	@[ -x $(BIN)/lienthong ] || { echo "There is no warehouse yet: start it with make run." >&2; exit 1; }
	@$(BIN)/lienthong dsn --role $(ROLE)

psql: ## Open psql on the warehouse (ROLE=… for another role)
	@dsn="$$($(MAKE) -s --no-print-directory dsn ROLE=$(ROLE))" && exec psql "$$dsn"

lock: setup-venv ## Pin the newest packages that pyproject.toml allows
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header --no-annotate \
		--group dev --upgrade -o requirements.lock pyproject.toml

setup: setup-venv
	@infra/setup_postgres.sh

setup-venv:
	@infra/setup_venv.sh

test: setup-browser
setup-browser:
	@infra/setup_browser.sh

# Stopping needs the standard library only, so it works without .venv.
PYTHON_AT_HAND = $(shell [ -x $(BIN)/python ] && echo $(BIN)/python || command -v python3)
