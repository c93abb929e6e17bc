# Every command a person needs: set up, check, test, demonstrate, measure.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
N ?= 830

.PHONY: setup check format test test-full demo demo-all demo-real bench bench-store corpus clean help

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

setup: $(STAMP) ## make .venv with ltc in it

$(STAMP): requirements/dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "ltc needs Python 3.11 or newer; set PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(STAMP)

format: setup ## format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

check: setup ## format, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: setup ## the suite (under 12 minutes on 2 cores)
	$(BIN)/python -m pytest -m "not full" -n 3 --dist loadfile --no-loadscope-reorder

test-full: setup ## the suite and the long tests, one after another
	$(BIN)/python -m pytest -m "not full" -n 3 --dist loadfile --no-loadscope-reorder
	$(BIN)/python -m pytest -m full

demo: setup ## all Northwind orders from lead to cash (N=60 for a short one, CHAOS=1 to kill the worker)
	$(BIN)/ltc demo --orders $(N) $(if $(CHAOS),--chaos,)

demo-all: setup ## every shipped process by its scenario (N=10 chains of each, ONLY=web_order,services for some)
	$(BIN)/ltc demo-all $(if $(filter command line,$(origin N)),--chains $(N),) $(if $(ONLY),--only $(ONLY),)

demo-real: setup ## sixty orders through BottleCRM and Tryton, really installed (FAULTS=1 to kill both on the way)
	$(BIN)/ltc demo-real $(if $(FAULTS),--faults,)

bench: setup ## paired timings against the hand-written yardstick
	$(BIN)/python -m benchmarks.run

bench-store: setup ## answers at scale on generated chains (N=1000000, DB=sqlite, postgres or both; FOLDER=where)
	$(BIN)/python -m benchmarks.store.run --db $(or $(DB),both) $(if $(filter command line,$(origin N)),--chains $(N),) $(if $(FOLDER),--folder $(FOLDER),)

corpus: setup ## record chains for the replay corpus; paths already recorded stay as they are
	$(BIN)/python -m tests.replay.record

clean: ## remove what setup and runs made
	rm -rf .venv .ltc
