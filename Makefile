# One command sets up and runs the main job, another sets up and runs every check. Nothing outside .venv is touched,
# but for Chromium and its driver, which `make check` installs from the distribution when it may.
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3
NPM := $(shell command -v npm 2>/dev/null)
CC_FOUND := $(shell command -v cc 2>/dev/null)
SOURCES := src tests examples benchmarks tools hatch_build.py

.PHONY: demo check format generate fuzz chaos conformance kills bench wheel executable lock clean

demo: $(VENV)/.kernel
	$(BIN)/ladewerk demo $(ARGS)

check: $(VENV)/.check
	$(BIN)/python tools/check.py

format: $(VENV)/.check
	$(BIN)/ruff check --fix-only --quiet $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

generate: $(VENV)/.check
	$(BIN)/python -m ladewerk.ocpp.codegen

fuzz: $(VENV)/.check
	$(BIN)/python -m tests.ocpp.fuzz $(ARGS)

chaos: $(VENV)/.check
	$(BIN)/python -m tests.chaos $(ARGS)

# How many random sets of charging profiles to compare with the rules looked up second by second: ARGS=1000000.
conformance: $(VENV)/.check
	$(BIN)/python -m tests.charging.random_sets $(ARGS)

# How often to kill the station program: ARGS=500, or a case again: ARGS="1 --chains 1 --seed 34".
kills: $(VENV)/.check
	$(BIN)/python -m tests.acceptance.kills $(ARGS)

bench: $(VENV)/.check
	$(BIN)/python -m benchmarks

# For a Raspberry Pi that has no compiler: make wheel PLATFORM=aarch64
wheel: $(VENV)/.demo
ifneq ($(PLATFORM),)
	$(BIN)/python -m pip install --quiet --require-hashes -r constraints/compiler.txt
endif
	LADEWERK_PLATFORM=$(PLATFORM) $(BIN)/python -m hatchling build -t wheel

# The simulator as one file, for a machine with nothing on it but a C library as new as this one's.
executable: $(VENV)/.demo
	$(BIN)/python -m pip install --quiet --require-hashes -r constraints/executable.txt
	$(BIN)/python tools/executable.py dist/ladewerk-simulate

# The constraint files hold every version and hash for Python 3.11 to 3.13 on every platform, and no index address.
lock:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile $(LOCK) --extra all --group pyproject.toml:build -o constraints/demo.txt pyproject.toml
	$(BIN)/uv pip compile $(LOCK) --extra all --group pyproject.toml:dev -c constraints/demo.txt -o constraints/check.txt pyproject.toml
	$(BIN)/uv pip compile $(LOCK) --group pyproject.toml:node -o constraints/node.txt
	$(BIN)/uv pip compile $(LOCK) --group pyproject.toml:compiler -o constraints/compiler.txt
	$(BIN)/uv pip compile $(LOCK) --group pyproject.toml:executable -c constraints/check.txt -o constraints/executable.txt
LOCK := --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-annotate --custom-compile-command "make lock"

clean:
	rm -rf $(VENV) build dist src/ladewerk/web/vendor src/ladewerk/optimizer/kernel/*.so* node_modules

$(VENV)/.demo: constraints/demo.txt pyproject.toml hatch_build.py package-lock.json
	@echo "setting up $(VENV): first time only, a minute or two"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r constraints/demo.txt
ifeq ($(NPM),)
	$(BIN)/python -m pip install --quiet --require-hashes -r constraints/node.txt
endif
ifeq ($(CC_FOUND),)
	$(BIN)/python -m pip install --quiet --require-hashes -r constraints/compiler.txt
endif
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

# What was compiled follows its source; the rest of the environment may stay.
$(VENV)/.kernel: $(VENV)/.demo $(wildcard src/ladewerk/optimizer/kernel/*.[ch])
	-$(BIN)/python hatch_build.py
	@touch $@

$(VENV)/.check: $(VENV)/.kernel constraints/check.txt
	@echo "setting up the checks"
	$(BIN)/python -m pip install --quiet --require-hashes -r constraints/check.txt
	@touch $@
