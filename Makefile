# `make run` and `make test` set up all they need; no service has to be installed.
#
#   make run      the demo                       make bench   measure; ONLY=deliver for one part
#   make test     the tests                      make faults  kill, disconnect, fill the disk
#   make check    format, lint, types, layers    make audit   vulnerabilities, lowest versions,
#   make dev      set up .venv only                           other Pythons

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# Of pip: the first with --group.
PIP := pip>=25.1
INSTALL := python -m pip install --quiet --disable-pip-version-check
ONLY ?=
# Files of tests at the same time, as many as there are cores.
TOGETHER := --numprocesses auto --maxprocesses 4 --dist loadfile

# The first Python that is new enough and runs: a pyenv shim may be there and still fail.
FIND_PYTHON := python=; for candidate in python3.13 python3.12 python3.11 python3; do \
	  if $$candidate -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; \
	  then python=$$candidate; break; fi; \
	done

.PHONY: run test check bench dev faults audit
.DEFAULT_GOAL := test

run: $(STAMP)
	$(BIN)/hub demo

test: $(STAMP)
	$(BIN)/pytest tests --ignore=tests/faults --ignore=tests/benchmarks $(TOGETHER)

check: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .

bench: $(VENV)/.bench
	$(BIN)/python tests/benchmarks/run.py $(ONLY)

# A hundred runs of ten kills for each store: about half an hour. HUB_KILL_RUNS=5 for a short look.
faults: $(STAMP)
	HUB_KILL_RUNS=$${HUB_KILL_RUNS:-100} $(BIN)/pytest tests/faults $(TOGETHER)

dev: $(STAMP)

# Known vulnerabilities, then the tests with the lowest versions pyproject.toml allows (they have
# wheels for Python 3.11 only), then under every Python found here.
audit: $(VENV)/.audit
	$(BIN)/pip-audit --skip-editable
	@mkdir -p .cache
	@$(BIN)/python -c "$$LOWEST" > .cache/lowest.txt
	@set -e; if python3.11 -c '' >/dev/null 2>&1; \
	  then $(call test_in,.cache/venv-lowest,python3.11,-c .cache/lowest.txt); \
	  else echo "== python3.11 is not here: lowest versions not tried"; fi
	@set -e; for version in 3.11 3.12 3.13; do \
	  if python$$version -c '' >/dev/null 2>&1; \
	  then $(call test_in,.cache/venv-$$version,python$$version,); \
	  else echo "== python$$version is not here: not tried"; fi; \
	done

define LOWEST
import re, tomllib
with open("pyproject.toml", "rb") as file:
    wanted = tomllib.load(file)["project"]["dependencies"]
for line in wanted:
    print(re.sub(r"(\[.*?\])?>=([\w.]+).*", r"==\2", line))
endef
export LOWEST

# Folder, Python and options of pip.
define test_in
echo "== tests in $(1)"; \
	  test -x $(1)/bin/python || $(2) -m venv $(1); \
	  $(1)/bin/$(INSTALL) --upgrade "$(PIP)"; \
	  $(1)/bin/$(INSTALL) $(3) -e ".[documents]" --group dev; \
	  $(1)/bin/pytest tests/unit tests/contract
endef

$(STAMP): pyproject.toml
	@set -e; $(FIND_PYTHON); \
	if [ -z "$$python" ]; then \
	  echo "Python 3.11 or newer is needed. Install it with this line, then run make again:"; \
	  if [ "$$(uname)" = Darwin ]; then echo "  brew install python@3.13"; \
	  else echo "  sudo apt-get install -y python3.11 python3.11-venv"; fi; \
	  exit 1; \
	fi; \
	if [ ! -x $(BIN)/python ] && ! $$python -c 'import ensurepip, venv' >/dev/null 2>&1; then \
	  version=$$($$python -c 'import sys; print("%d.%d" % sys.version_info[:2])'); \
	  echo "Python's venv is needed. Install it with this line, then run make again:"; \
	  echo "  sudo apt-get install -y python$$version-venv"; \
	  exit 1; \
	fi; \
	if [ ! -x $(BIN)/python ]; then \
	  echo "Setting up $(VENV) with $$($$python --version)"; $$python -m venv $(VENV); \
	fi; \
	echo "Installing accord-hub and its tools into $(VENV): about a minute the first time"; \
	$(BIN)/$(INSTALL) --upgrade "$(PIP)"; \
	$(BIN)/$(INSTALL) -e ".[documents]" --group dev; \
	touch $@

$(VENV)/.bench $(VENV)/.audit: $(VENV)/.%: $(STAMP)
	$(BIN)/$(INSTALL) --group $*
	@touch $@
