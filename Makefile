# Every command a developer or CI runs; `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
CACHE ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/strategy-operator
# The environment is named by its lock file: unchanged requirements reuse it, changed ones build a new one beside it.
VENV ?= $(CACHE)/venv-$(shell sha256sum requirements/development.txt | cut -c1-12)
BIN := $(VENV)/bin
PACKAGES := contracts operator runner cli

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/.complete: requirements/development.txt
	@echo "installing the development environment"
	@mkdir -p $(CACHE)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements/development.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

.PHONY: environment
environment: $(VENV)/.complete ## the locked development environment

.PHONY: lock
lock: environment ## resolve requirements/*.in again, with a cool-down of seven days
	cd requirements && for image in operator runner development; do \
	  UV_CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/uv pip compile --quiet --upgrade --python-version 3.11 --generate-hashes \
	    --no-emit-index-url --no-emit-find-links --exclude-newer "$$(date -d '7 days ago' +%F)" -o $$image.txt $$image.in; done
