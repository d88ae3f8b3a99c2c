# Countersign on one machine. Everything is made by `make setup`, which needs Python 3.11 and make alone.
PYTHON ?= python3
VENV := .venv/bin

.PHONY: setup up test faults lint peers

setup:                  ## environment from uv.lock, system libraries; nothing is started
	@$(PYTHON) -I mrm/config/machine.py setup

up: setup               ## the bank: web, worker and scheduler in the foreground (ARGS="--port 9000 --no-seed")
	@exec $(VENV)/python manage.py up $(ARGS)

test: setup             ## lint, checks, tests on SQLite, browser, PostgreSQL and Redis; says which legs ran
	@$(PYTHON) -I mrm/config/machine.py tests
	@$(VENV)/python -m tests.legs

faults: setup           ## the fault trials: processes killed at random points, with counts
	@$(VENV)/python -m tests.legs faults

lint: setup             ## style, types and floors
	@$(VENV)/python -m tests.legs lint

peers: setup            ## the clients and peers of tests and benchmarks, each in an environment of its own
	@$(PYTHON) -I mrm/config/machine.py peers
