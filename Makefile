# Every command a developer or CI runs; `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
CACHE ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/strategy-operator
# The environment is named by its lock file: unchanged requirements reuse it, changed ones build a new one beside it.
VENV ?= $(CACHE)/venv-$(shell sha256sum requirements/development.txt | cut -c1-12)
BIN := $(VENV)/bin
PYTEST := $(BIN)/python -m pytest
SOURCES := contracts operator runner cli

.PHONY: help
help: ## this list
	@cat $(MAKEFILE_LIST) | awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-18s %s\n", $$1, $$2}'

# --- environment ------------------------------------------------------------------------------------

$(VENV)/.complete:
	@echo "installing the development environment (about a minute, once per requirements/development.txt)"
	@mkdir -p $(CACHE)
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements/development.txt
	@touch $@

.PHONY: environment
environment: $(VENV)/.complete ## install the locked development environment
	@# An editable install names a checkout: say it again for this one.
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .

.PHONY: lock
lock: environment ## resolve requirements/*.in again, with a cool-down of seven days
	cd requirements && for image in operator runner development; do \
	  UV_CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/uv pip compile --quiet --upgrade --python-version 3.11 --generate-hashes \
	    --no-emit-index-url --no-emit-find-links --exclude-newer "$$(date -d '7 days ago' +%F)" -o $$image.txt $$image.in; done
	$(BIN)/python -m strategy_sources.runner_image requirements/runner.txt

# --- checks: no service needed ------------------------------------------------------------------------

.PHONY: format
format: environment ## format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.PHONY: check
check: environment check-code check-generated check-chart ## format, lint, types, import rules, generated files, chart

.PHONY: check-code
check-code:
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy $(SOURCES)
	$(BIN)/lint-imports --no-cache

.PHONY: crds
crds: environment ## generate crds/ and the chart's copy from the pydantic models
	$(BIN)/python -m strategy_contracts.crd_schema
	$(BIN)/python helm/generate_crd_template.py

.PHONY: golden
golden: environment ## write the expected pods of the operator's tests anew; read the difference before you commit it
	UPDATE_GOLDEN=1 $(PYTEST) tests/unit/operator_/test_manifests.py

.PHONY: check-generated
check-generated: crds
	@git diff --exit-code --stat -- crds helm/strategy-operator/templates || \
	  { echo "generated files differ from what is committed: run 'make crds' and commit the result" >&2; exit 1; }

# --- tests ------------------------------------------------------------------------------------------

.PHONY: test
test: check test-unit cluster-up test-integration test-e2e ## everything CI runs

.PHONY: test-unit
test-unit: environment ## no service, no network
	$(PYTEST) tests/unit --timeout 60

# Two halves side by side: most of the time they wait for brokers that come back.
INTEGRATION := $(filter-out %.py %__pycache__,$(wildcard tests/integration/*))
INTEGRATION_LOG := $(filter %/log %/api,$(INTEGRATION))

.PHONY: test-integration integration-log integration-rest
test-integration: environment cluster-services ## real Kafka, PostgreSQL and Redis
	@$(MAKE) --no-print-directory --jobs 2 --output-sync=target integration-log integration-rest
integration-log:
	$(PYTEST) $(INTEGRATION_LOG) --timeout 300
integration-rest:
	$(PYTEST) $(filter-out $(INTEGRATION_LOG),$(INTEGRATION)) --timeout 300

.PHONY: test-e2e
test-e2e: environment cluster-up ## real cluster, images and chart
	$(PYTEST) tests/e2e --timeout 900 -p no:randomly

.PHONY: bench
bench: environment cluster-up ## the figures of docs/benchmarks.md on this machine
	@failed=0; for file in tests/benchmarks/bench_*.py; do echo "== $$file"; PYTHONPATH=tests:tests/cluster $(BIN)/python $$file || failed=1; done; exit $$failed

.PHONY: soak
soak: environment ## the long fuzz of policy, channels and box, eleven minutes or SOAK_SECONDS
	PYTHONPATH=tests nice $(BIN)/python -m soak.fuzz

include tests/cluster/cluster.mk
include tests/corpus/corpus.mk
include helm/chart.mk
include demo/demo.mk
