# The house's commands. `make` alone lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup run test check openapi workflow audit corpus bench redrive surge simulate soak refunds fuzz lock clean announce

UV_VERSION := 0.13.9
PYTHON ?= $(shell command -v python3.11 || command -v python3)
UV := .local/uv/bin/uv
BIN := .venv/bin
COMPILE := $(UV) pip compile -q --universal --python-version 3.11 --generate-hashes

export PATH := $(CURDIR)/$(BIN):$(PATH)
export PYTHONPATH := layers/meterai/python:.
export PYTHONPYCACHEPREFIX := $(CURDIR)/.local/pyc
unexport PYTHONDONTWRITEBYTECODE
export SAM_CLI_TELEMETRY := 0
export UV_PYTHON_DOWNLOADS := never
export AWS_DEFAULT_REGION ?= ap-southeast-3
SOAK ?= histories executions
SURGE ?= paper box

help:  ## List the commands
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 10

setup: .venv/ready  ## Set up .venv from requirements.lock (the others do it by themselves)

$(UV):
	@[ -n "$(PYTHON)" ] && "$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "meterai: Python 3.11 or newer is missing: install it (Debian: apt install python3)" >&2; exit 2; }
	@"$(PYTHON)" -m pip --version >/dev/null 2>&1 \
	  || { echo "meterai: pip is missing: install it (Debian: apt install python3-pip)" >&2; exit 2; }
	@rm -rf .local/uv && mkdir -p .local
	@"$(PYTHON)" -m pip install --quiet --disable-pip-version-check --no-input --root-user-action=ignore --target .local/uv uv==$(UV_VERSION)

.venv/ready: requirements.lock | $(UV)
	@[ -x $(BIN)/python ] || $(UV) venv --quiet --python "$(PYTHON)" .venv
	@$(UV) pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	@touch $@

run: setup  ## Run everything on this machine (PORT, REFUND_DAY_SECONDS, ISSUER, METERAI_STATE); Ctrl-C stops it
	@exec $(BIN)/python -m local

test: setup  ## Run every test; ARGS="..." goes to pytest
	@$(BIN)/pytest -p tests.one_stack -n 3 $(ARGS)

check: setup  ## Format, lint, types, arrows, template, build, replay of events/ against the build
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/cfn-lint template.yaml
	$(BIN)/sam validate --lint
	LAYER_TARGET=host $(BIN)/sam build --parallel
	$(BIN)/python tests/replay.py

openapi: setup  ## Write web/openapi.json and docs/errors.md from the code
	$(BIN)/python -m ops.openapi

workflow: setup  ## Draw the refund's workflow into docs/refund.md, from the state machine
	$(BIN)/python -m ops.workflow

audit: setup  ## Work out every chain, balance and bucket of the running stack anew; ARGS="--help"
	$(BIN)/python -m ops.audit $(ARGS)

announce: setup  ## Say until when people need their stamps, how many an hour are done, what is wrong; ARGS="--by NAME --deadline ... --rate ...", or show it
	@$(BIN)/python -m ops.announce $(ARGS)

corpus: setup  ## Stamp a folder of real files through the running API and write docs/corpus.md; ARGS="FOLDER"
	$(BIN)/python -m bench.corpus $(ARGS)

bench: setup  ## Seal and verdict beside their peers; the road (200 stamps at once) and the refund too while the stack runs; BENCH="seal road"; BENCH=box: one processor offered ten times what it holds; BENCH=page: Lighthouse and slow networks
	$(BIN)/python -m bench $(BENCH)

redrive: setup  ## Have the seal's dead letters worked on again: whatever has ended is dropped, nothing is stamped twice
	@$(BIN)/python -m ops.redrive $(ARGS)

surge: setup  ## Five days of four million applicants before a deadline, on paper, and a real load on loopback (SURGE="paper box", ARGS="ten hour" for some days)
	@$(if $(filter paper,$(SURGE)),$(BIN)/python -m bench.surge $(ARGS))
	@$(if $(filter box,$(SURGE)),$(BIN)/python -m bench box)

simulate: setup  ## N=1000000 histories of the house in memory, each with its disasters, and the hunt for the mutants
	@$(BIN)/python -m tests.simulation $(or $(N),1000000) $(ARGS)

soak: setup  ## N=2000 histories of the real functions, and N refunds on Step Functions whose tasks crash (SOAK="histories executions", SEED, JOBS, ARGS)
	@$(if $(filter histories,$(SOAK)),$(BIN)/python -m tests.soak --histories $(or $(N),2000) --seed $(or $(SEED),1) --jobs $(or $(JOBS),1) $(ARGS))
	@$(if $(filter executions,$(SOAK)),$(BIN)/python -m tests.soak.executions --refunds $(or $(N),2000) --seed $(or $(SEED),1) --jobs $(or $(JOBS),1) $(ARGS))

refunds: setup  ## N=10000 generated refunds in memory: quote, decision and money are one, to the rupiah
	@$(BIN)/python -m tests.refunds $(or $(N),10000) $(ARGS)

fuzz: setup  ## N=100000 mutated documents through intake and the public check, none taken for genuine (SEED in ARGS)
	@$(BIN)/python -m tests.fuzz $(or $(N),100000) $(ARGS)

lock: setup  ## Resolve the dependencies anew
	$(COMPILE) --all-extras pyproject.toml -o requirements.lock
	$(COMPILE) -c requirements.lock layers/libs/requirements.in -o layers/libs/requirements.txt --no-header
	$(COMPILE) -c requirements.lock layers/libs_pdf/requirements.in -o layers/libs_pdf/requirements.txt --no-header

clean:  ## Remove what was made: the environment, builds, caches and the local stack's state
	rm -rf .venv .local .aws-sam .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
