# Needs Python 3.11 or newer and make, nothing else: what is installed goes into .venv.
# On Windows, run it from Git Bash.

VENV := .venv
ifeq ($(OS),Windows_NT)
PYTHON ?= python
BIN := $(VENV)/Scripts
else
PYTHON ?= python3
BIN := $(VENV)/bin
endif

RUN := $(BIN)/python -m
INSTALL := $(RUN) pip install -qq --disable-pip-version-check --editable
ARGS ?=

.PHONY: help demo test faults docs check

help:
	@echo "make demo    run a data flow of an embedded local service, start to end"
	@echo "make test    run the tests (ARGS='-k start' picks some)"
	@echo "make faults  try faults for minutes, and count what came of them (ARGS as for test)"
	@echo "make docs    write what is generated: completions, man pages, docs/commands.md, docs/live.svg"
	@echo "make check   check style, types (also as on Windows) and import directions"

demo: $(VENV)/.for-use
	@$(BIN)/dfctl demo $(ARGS)

test: $(VENV)/.for-development
	@$(RUN) pytest -n auto $(ARGS)

# The tests that can be made longer, from a fresh seed; DFCTL_TEST_SEED takes that of another time.
faults: $(VENV)/.for-development
	@DFCTL_LONG_TESTS=1 $(RUN) pytest -n auto -m long $(ARGS)

docs: $(VENV)/.for-development
	@$(RUN) tools.write_docs

check: $(VENV)/.for-development
	$(RUN) ruff check
	$(RUN) ruff format --check
	$(RUN) mypy
	$(RUN) mypy --platform win32 --cache-dir .mypy_cache/win32
	$(RUN) pytest --quiet tests/architecture

# A stamp is touched last, so a step that failed is done again.
$(VENV)/.created:
	@$(PYTHON) -m venv --clear $(VENV)
	@touch $@

$(VENV)/.for-use: pyproject.toml | $(VENV)/.created
	@echo "Installing dfctl into $(VENV) ..." >&2
	@$(INSTALL) "."
	@touch $@

$(VENV)/.for-development: pyproject.toml | $(VENV)/.created
	@echo "Installing dfctl and its development tools into $(VENV) ..." >&2
	@$(INSTALL) ".[dev]"
	@touch $(VENV)/.for-use $@
