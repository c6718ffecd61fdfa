# Every target does all of its own set-up; the order in which they are called does not matter.
# Works with GNU make 3.81 (macOS) and later.

.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON := .venv/bin/python
# The engines, the state and the Python language host for one command, as for a shell that sources it.
IN_LAB := . .slidebox/env &&

.PHONY: help up down test check bench mutants clean engines rclone setup rules-test schemas docs

help: ## show this list
	@echo "slidebox: storage as code for microscopy labs"
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

up: setup ## set up, provision a small real project on this machine, show the whole idea
	@$(IN_LAB) $(PYTHON) examples/first_light/up.py

down: ## stop what `make up` started; the data stay
	@if [ -x .venv/bin/slidebox ]; then .venv/bin/slidebox gateway stop; else echo "Nothing runs: slidebox is not set up here."; fi

test: check rules-test ## run everything: linters, types, rules, units, the real engine and the real store
	@$(IN_LAB) $(PYTHON) -m pytest -q -n auto

check: setup ## run the static checks alone: ruff, mypy, directions of imports, opa
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy
	.venv/bin/lint-imports
	@$(IN_LAB) echo "opa fmt, opa check --strict" && opa fmt --list --fail policies && opa check --strict policies

rules-test: setup
	@$(IN_LAB) $(PYTHON) tools/rego_coverage.py policies

mutants: setup ## break the rules one small change at a time; a test has to notice each (minutes)
	@$(IN_LAB) $(PYTHON) tools/rego_mutants.py policies

bench: setup ## measure the planner, the rules, the gate, `pulumi up`, moves, the clouds, audits of access, the page, bills and inventories (three hours)
	@$(IN_LAB) for bench in planner rules gate up moves clouds access audit page spend inventory; do echo "$$bench:" && $(PYTHON) "benchmarks/$$bench.py" || exit 1; done

schemas: setup ## write the JSON Schemas of the lab's files again
	@$(PYTHON) -m slidebox.schema

docs: setup ## write the generated pages again: verbs, declarations, rules
	@$(IN_LAB) $(PYTHON) -m slidebox.cli.handbook docs && .venv/bin/slidebox rules --markdown docs/rules

engines: .venv/synced ## find or build pulumi, opa and versitygw, and say where they are
	@$(PYTHON) tools/engines.py

rclone: .venv/synced ## find or build rclone, for stores at OneDrive, Dropbox and Google Drive
	@$(PYTHON) tools/engines.py rclone

setup: .venv/synced
	@$(PYTHON) tools/engines.py --quiet

# uv looks only when one of these two has changed; after that, set-up needs no network.
.venv/synced: uv.lock pyproject.toml
	@uv="$$(tools/uv)" && echo "Python environment: uv sync" && "$$uv" sync --locked --all-extras
	@touch .venv/synced

clean: ## remove what was made here; asks before it removes data
	@tools/clean
