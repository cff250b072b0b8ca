.PHONY: up down test lint bench bootstrap
idp := .venv/bin/idp
python := .venv/bin/python

up: bootstrap      ## bring the shop up on the sandbox, and show what runs
	@$(idp) up

down: bootstrap    ## stop everything that `make up` started
	@$(idp) sandbox down

test: bootstrap    ## run all tests
	@$(python) -m pytest --numprocesses 4 --dist worksteal --durations 40  # most of them wait: for the engine, the cluster

lint: bootstrap    ## check style and types
	@$(python) -m ruff check . && $(python) -m ruff format --check . && $(python) -m mypy

bench: bootstrap   ## measure, and write benchmarks/README.md
	@$(python) -m benchmarks

bootstrap:
	@scripts/bootstrap
