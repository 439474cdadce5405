# make demo and make test each do all their own set-up in .venv/.
PYTHON ?= python3
BIN := .venv/bin
# Without byte code for all of torch: Python makes that of what is imported, which is little.
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile -c constraints.txt

.PHONY: demo test nightly coverage lint audit docs train clean

demo: .venv/demo
	$(BIN)/ipagym compare video --workload bursty --agents ipa,hpa,static-min,static-max,random --seeds 3 --out results/demo

test: .venv/dev
	$(BIN)/python -m pytest -q -n 2 --dist worksteal

nightly: .venv/dev
	$(BIN)/python -m pytest -q -n 2 --hypothesis-profile=nightly

coverage: .venv/dev
	$(BIN)/python -m pytest -q -n 2 --cov --cov-report=term

audit: .venv/dev
	$(BIN)/pip-audit --local --progress-spinner off

lint: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The site, with its tutorials run, in site/. Nothing is fetched; a broken link, anchor or command ends it.
docs: .venv/dev
	PATH="$(CURDIR)/$(BIN):$$PATH" NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet

train: .venv/dev
	$(BIN)/ipagym train video --workload bursty --out runs/ppo

.venv/made:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "ipagym needs Python 3.11 or newer: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv .venv
	@touch $@

.venv/demo: .venv/made pyproject.toml setup.py constraints.txt
	$(INSTALL) torch
	$(INSTALL) -e ".[rl]"
	@touch $@

.venv/dev: .venv/made pyproject.toml setup.py constraints.txt
	$(INSTALL) torch
	$(INSTALL) -e ".[dev]"
	@touch $@ .venv/demo

clean:
	rm -rf .venv build dist *.egg-info results site
