# Everything a newcomer runs. `make` alone explains itself.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV ?= .venv
DEMO ?= demo

export OMP_WAIT_POLICY ?= PASSIVE
export PIP_DISABLE_PIP_VERSION_CHECK ?= 1
# Installing here fetches no node: `make page`, or the first `vernissage view`, builds the page.
export VERNISSAGE_SKIP_PAGE ?= 1

PY := $(VENV)/bin/python
PIP := $(PY) -m pip install --quiet --no-input -c constraints.txt
CHECKED := engine addon tests tools hatch_build.py

.PHONY: help demo test lint format bench page addon clean

help: ## Say what can be made
	@echo "Vernissage: GANs that make game-ready 3D assets"
	@echo
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 18

demo: $(DEMO)/report.json ## Install, then make 8 characters with the shipped weights
	@echo
	@echo "8 characters:  $(DEMO)/*.glb"
	@echo "Contact sheet: $(DEMO)/sheet.png"
	@echo "Report:        $(DEMO)/report.json"
	@echo
	@echo "Three things to try next:"
	@echo "  1. Other people:  $(VENV)/bin/vernissage generate voxel_characters --seed 100 --count 16 --out people"
	@echo "  2. In Blender:    make addon, then install the zip it names (docs/addon.md)"
	@echo "  3. How they came: $(VENV)/bin/vernissage models show voxel_characters"

$(DEMO)/report.json: $(VENV)/.installed
	$(VENV)/bin/vernissage generate voxel_characters --count 8 --out $(DEMO) >/dev/null

test: $(VENV)/.installed-dev tests/node/node_modules/.installed lint ## Install what tests need, check, test
	@$(MAKE) --silent --no-print-directory blender || echo "!! SKIPPED: the Blender tests. The bpy wheel cannot be installed or loaded here (see above)."
	$(PY) -m pytest

lint: $(VENV)/.installed-dev ## Check style and types
	$(VENV)/bin/ruff check $(CHECKED)
	$(VENV)/bin/ruff format --check $(CHECKED)
	$(VENV)/bin/mypy

format: $(VENV)/.installed-dev ## Format the code and sort its imports
	$(VENV)/bin/ruff check --fix-only --quiet $(CHECKED)
	$(VENV)/bin/ruff format $(CHECKED)

bench: $(VENV)/.installed ## Measure speed and memory on this machine
	$(VENV)/bin/vernissage bench generate
	$(VENV)/bin/vernissage bench train

page: $(VENV)/.installed ## Build the page that shows museums (needs npm)
	$(PY) -c "from engine.viewer.page import built_page; built_page(say=print)"

addon: | $(PY) ## Build the Blender extension
	$(PY) tools/build_addon.py

clean: ## Remove everything that make made
	rm -rf $(VENV) $(DEMO) tests/node/node_modules engine/viewer/node_modules engine/viewer/dist build dist .mypy_cache .ruff_cache .hypothesis

$(PY):
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed, and none was found."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is older than Python 3.11. Name another: make PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml constraints.txt | $(PY)
	@echo "Installing into $(VENV); the first time takes a few minutes."
	$(PIP) -e .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml constraints.txt | $(PY)
	@echo "Installing into $(VENV); the first time takes a few minutes."
	$(PIP) -e '.[dev]'
	@touch $@ $(VENV)/.installed

.PHONY: blender
blender: $(VENV)/.installed-blender

$(VENV)/.installed-blender: pyproject.toml constraints.txt | $(PY)
	@$(PIP) -e '.[dev,blender]'
	@$(PY) -c 'import bpy' # Fails where system libraries are missing; see README
	@touch $@

tests/node/node_modules/.installed: tests/node/package.json tests/node/package-lock.json
	@if command -v npm >/dev/null; then npm ci --silent --prefix tests/node && touch $@; \
	else echo "!! SKIPPED: the tests of the glTF validator and of the page. There is no npm on this machine."; fi
