# `make demo` and `make test` need python3 (3.11.5 or later), make and the package registry, nothing else.
# Each makes .venv and installs what it needs; nothing is installed again until pyproject.toml changes.

PYTHON ?= python3
# Of a test a quarter is waiting, for servers and processes.
WORKERS ?= 3
# Commands are started hundreds of times: without their byte code, each compiles every module again.
unexport PYTHONDONTWRITEBYTECODE
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: demo test test-spark check check-ruff check-format check-mypy check-pyright check-imports docs clean help

help:
	@echo 'make demo   show the main jobs on a small CRM project'
	@echo 'make test   run the tests'
	@echo 'make test-spark  install Spark, and test the audit on it (needs Java)'
	@echo 'make check  run ruff, mypy, pyright and import-linter'
	@echo 'make docs   write the generated pages of docs/ again'
	@echo 'make clean  remove .venv, caches and the demo reports'

demo: $(VENV)/.installed
	@$(BIN)/python examples/demo.py

test: $(VENV)/.installed-test
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile $(PYTEST_ARGS)

# Spark is half a gigabyte and needs Java: it is tested apart.
test-spark: $(VENV)/.installed-test
	$(PIP) --editable '.[spark]'
	$(BIN)/python -m pytest tests/connectors/test_audit_spark.py $(PYTEST_ARGS)

# `make -k check` goes on after the first that fails.
check: check-ruff check-format check-mypy check-pyright check-imports

check-ruff: $(VENV)/.installed-check
	$(BIN)/ruff check

check-format: $(VENV)/.installed-check
	$(BIN)/ruff format --check

check-mypy: $(VENV)/.installed-check
	$(BIN)/mypy

check-pyright: $(VENV)/.installed-check
	$(BIN)/pyright

check-imports: $(VENV)/.installed-check
	$(BIN)/lint-imports

docs: $(VENV)/.installed
	$(BIN)/python docs/generate.py

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache examples/crm/reports

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11, 5))' \
	  || { echo "$(PYTHON) is older than 3.11.5; say make PYTHON=/path/to/a/newer/python3" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml | $(VENV)/bin/python
	$(PIP) --editable .
	@touch $@

# The type checkers read the tests, too, and so need what those import.
$(VENV)/.installed-test: pyproject.toml | $(VENV)/bin/python
	$(PIP) --editable '.[test]'
	@touch $@ $(VENV)/.installed

$(VENV)/.installed-check: pyproject.toml | $(VENV)/bin/python
	$(PIP) --editable '.[test,check]'
	@touch $@ $(VENV)/.installed $(VENV)/.installed-test
