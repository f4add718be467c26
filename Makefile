# Everything a newcomer or a CI machine runs. Needs Python 3.11 or newer and make; the rest is set up here.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
SOURCES := libs services deploy tests
# Most tests wait for servers most of the time.
SIDE_BY_SIDE := --numprocesses=2 --dist=loadgroup

.PHONY: help powhash run test unit service e2e chaos browser screenshots chromium bench fuzz servers litecoind haproxy postgres mariadb check fmt lock clean

help:  ## this list
	@grep -E '^[a-z0-9]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | sort

$(STAMP): requirements/everything.lock deploy/bootstrap.py
	$(PYTHON) deploy/bootstrap.py $(VENV)

powhash: $(STAMP)  ## compile the library of proof-of-work hashes, where its sources have changed
	@PYTHONPATH=libs $(BIN)/python -m powhash.build

run: powhash  ## the whole pool on this machine: NATS, Valkey, coin daemon, five services, a miner
	@$(BIN)/python -m deploy.launcher

test: powhash servers  ## every test: unit, service, browser, e2e, chaos
	$(BIN)/python -m pytest tests $(SIDE_BY_SIDE)

unit: powhash  ## pure tests: seconds
	$(BIN)/python -m pytest tests/unit

service: powhash litecoind postgres mariadb  ## one service against real NATS, Valkey, PostgreSQL, MariaDB and litecoind
	$(BIN)/python -m pytest tests/service $(SIDE_BY_SIDE)

browser: powhash chromium  ## the web site in a real Chromium
	$(BIN)/python -m pytest tests/browser

screenshots: powhash chromium  ## docs/screenshots anew
	$(BIN)/python -m tests.browser.pictures

e2e: powhash litecoind haproxy chromium  ## the whole pool: from share to confirmed payment, restarts under load
	$(BIN)/python -m pytest tests/e2e

chaos: powhash litecoind  ## kill -9 everything in turn while shares flow, then account for every share and coin
	$(BIN)/python -m pytest tests/chaos

bench: powhash  ## the pool under load, attacks, new blocks, tallies, payments, hashes: figures only, 15 minutes
	$(BIN)/python -m tests.bench.everything

FUZZ_RUNS ?= 10000000
ATHERIS := var/atheris
$(ATHERIS): | $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --target $@ atheris==3.0.0

fuzz: powhash $(ATHERIS)  ## FUZZ_RUNS inputs of any bytes to what a stranger can speak to: a quarter of an hour
	PYTHONPATH=$(CURDIR)/$(ATHERIS) nice $(BIN)/python -m tests.fuzz $(FUZZ_RUNS)

servers: litecoind haproxy postgres mariadb chromium  ## what the tests talk to, from Debian's packages

litecoind: $(STAMP)
	@$(BIN)/python -m deploy.launcher.daemon_choice --ensure

haproxy: $(STAMP)
	@$(BIN)/python -m deploy.launcher.haproxy

postgres: $(STAMP)
	@$(BIN)/python -m deploy.launcher.postgres

mariadb: $(STAMP)
	@$(BIN)/python -m tests.servers.mariadb

chromium: $(STAMP)
	@$(BIN)/python -m tests.servers.chromium

check: $(STAMP)  ## ruff, mypy strict, import arrows, C without warnings
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/mypy libs services deploy tests
	PYTHONPATH=libs $(BIN)/python -m powhash.build --strict
	$(BIN)/python -m pytest tests/unit/test_architecture.py -q

fmt: $(STAMP)  ## format and fix what can be fixed
	$(BIN)/ruff check --fix $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

LOCK := uv pip compile pyproject.toml --universal --generate-hashes --python-version 3.11 \
	--no-emit-index-url --no-emit-find-links --no-annotate --no-header
lock:  ## renew requirements/*.lock from pyproject.toml (needs uv)
	$(LOCK) --all-extras -o requirements/everything.lock
	$(LOCK) $(foreach service,$(notdir $(wildcard services/*)),--extra $(service)) -o requirements/services.lock

clean:  ## forget the virtual environment and the local pool's state
	rm -rf $(VENV) var
