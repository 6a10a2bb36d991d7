# Two commands matter: `make demo` and `make test`. Both work on a bare machine with Python 3.11+ and make.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PORT ?= 8000
VAR_DIR ?= var
export PORT VAR_DIR
# Each of the tests' processes would compile all of the code anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test check e2e bench lock messages clean

help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z0-9-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "  PORT=8000 and VAR_DIR=var can be set for each of them; ARGS=\"tests/cohorts -k pacing\" is for test, e2e and bench."

$(VENV)/demo.stamp: requirements/demo.txt
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Gilde needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Run: make PYTHON=python3.12 ...")'
	@test -x $(BIN)/python || { echo "Making a virtual environment in $(VENV)"; $(PYTHON) -m venv $(VENV); }
	@echo "Installing the pinned dependencies (once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/demo.txt
	@touch $@

$(VENV)/dev.stamp: requirements/dev.txt $(VENV)/demo.stamp
	@echo "Installing the tools for tests and checks (once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

demo: $(VENV)/demo.stamp ## Run Gilde with demonstration data on http://localhost:$PORT
	@exec $(BIN)/python -m config.demo

test: $(VENV)/dev.stamp ## Run every test on real PostgreSQL and Redis, browser tests included
	@exec $(BIN)/python -m config.embedded run --instance test -- $(BIN)/python -m pytest -n auto --dist worksteal $(ARGS)

e2e: $(VENV)/dev.stamp ## Run the browser tests only
	@exec $(BIN)/python -m config.embedded run --instance test -- $(BIN)/python -m pytest tests/e2e $(ARGS)

check: $(VENV)/dev.stamp ## Lint, type-check, import contracts, migrations, translations, docs
	@exec $(BIN)/python -m config.embedded run --instance test -- $(BIN)/python -m config.check

bench: $(VENV)/dev.stamp ## Measure against a limit in the same run, and print the ratios
	@exec $(BIN)/python -m config.embedded run --instance bench -- $(BIN)/python -m bench $(ARGS)

lock: $(VENV)/dev.stamp ## Pin requirements/*.in again, with hashes
	@for name in base demo dev; do $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header requirements/$$name.in --output-file requirements/$$name.txt || exit 1; done

messages: $(VENV)/dev.stamp ## Collect the texts to translate into locale/ and compile them
	@$(BIN)/python -m config.messages

clean: ## Remove the virtual environment, caches and var/ (the demonstration's data too)
	@test ! -x $(BIN)/python || $(BIN)/python -m config.embedded stop
	@rm -rf $(VENV) $(VAR_DIR) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
