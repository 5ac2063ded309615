# The whole ritual: `make demo` shows it, `make test` tests it, `make check` lints and types, `make bench` measures.
# Everything lands in .venv in this tree; nothing else is installed.

PYTHON ?= python3
PYTHON_TFLITE ?= python3.11
VENV := .venv
VENV_TFLITE := .venv-tflite
VENV_IRIS := .venv-iris
BIN := $(VENV)/bin
EXTRAS := demo,desktop
# Light-transport bases for studies: development data, no part of the project.
BASES ?= ../shared/bases

.DEFAULT_GOAL := help
.PHONY: help demo test test-rust test-python check bench study-freshness fuzz photosafety photosafety-iris schemas wheel clean toolchain install install-dev

help: ## List the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: install ## Set up and play the demo: no camera, no screen, no network
	$(BIN)/lightproof demo

test: install-dev test-rust test-python ## Set up and run every test

test-rust:
	cargo test --workspace --quiet

test-python: $(VENV_TFLITE)/.ready
	@if [ -s $(VENV_TFLITE)/.ready ]; then export LIGHTPROOF_TFLITE_PYTHON="$(CURDIR)/$(VENV_TFLITE)/bin/python"; fi; \
	$(BIN)/python -m pytest

check: install-dev ## Lint, format and type everything
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --quiet -- -D warnings
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: install-dev ## Measure speed
	cargo bench -p lightproof-core --benches -- --warm-up-time 0.5 --measurement-time 2
	$(BIN)/python benches/table.py

study-freshness: install-dev ## Repeat docs/freshness.md: millions of wrong challenges, films of sessions from BASES, and power
	cargo test --release -p lightproof-core --test freshness_exact -- --ignored --nocapture --test-threads 1
	@if [ -d "$(BASES)" ]; then set -x; $(BIN)/python -m studies.freshness.wrong_challenge_study --bases "$(BASES)"; \
	else echo "no wrong challenges are held against films: there are no bases in $(BASES); set BASES=DIR"; fi
	$(BIN)/python -m studies.freshness.power_study --out docs/freshness-power.svg

fuzz: ## Fuzz every entry point of the core for 20 s each (needs nightly Rust and cargo-fuzz)
	@targets=$$(cargo +nightly fuzz list --fuzz-dir rust/fuzz) || exit 1; for target in $$targets; do \
	  cargo +nightly fuzz run --fuzz-dir rust/fuzz $$target -- -max_total_time=20 -verbosity=0 || exit 1; \
	done

photosafety: install-dev ## Count flashes in a million challenges of each mode, and on real panels
	cargo test --release --package lightproof-core --test photosafety --quiet -- --ignored a_million
	$(BIN)/python -m pytest tests/studies/test_panels.py tests/studies/test_rhythm.py

photosafety-iris: install-dev $(VENV_IRIS)/.ready ## Have IRIS, an independent analyser, judge the light
	LIGHTPROOF_IRIS_PYTHON="$(CURDIR)/$(VENV_IRIS)/bin/python" $(BIN)/python -m pytest tests/studies/test_iris.py

schemas: install-dev ## Make the JSON Schemas in docs/schemas again from the types that are printed
	$(BIN)/python -m lightproof.cli.schemas docs/schemas

wheel: install-dev ## Build the wheel into dist/
	$(BIN)/maturin build --release --out dist

clean: ## Remove everything that was built or installed here
	rm -rf $(VENV) $(VENV_TFLITE) $(VENV_IRIS) target dist

toolchain:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	  || { echo "lightproof needs Python 3.11 or newer with venv (Debian: apt install python3 python3-venv), or set PYTHON=/path/to/python3"; exit 1; }
	@cargo --version 2>/dev/null | $(PYTHON) -c 'import re, sys; found = re.search(r"(\d+)\.(\d+)", sys.stdin.read()); sys.exit(not found or tuple(map(int, found.groups())) < (1, 89))' \
	  || { echo "lightproof needs Rust 1.89 or newer: install it from https://rustup.rs or run 'rustup update'"; exit 1; }

$(BIN)/maturin: | toolchain
	$(PYTHON) -m venv $(VENV) \
	  || { echo "cannot make a virtual environment (Debian: apt install python3-venv)"; exit 1; }
	$(BIN)/python -m pip install --quiet --upgrade pip 'maturin>=1.9,<2'

install: toolchain $(BIN)/maturin
	$(BIN)/maturin develop --release --quiet --extras $(EXTRAS)

install-dev: install
	$(BIN)/python -m pip install --quiet --group dev

# The older TFLite runtime exists for Python 3.11 and NumPy 1.26 only; where they are not to be had, its test says so.
$(VENV_TFLITE)/.ready:
	@mkdir -p $(VENV_TFLITE)
	@if $(PYTHON_TFLITE) -m venv $(VENV_TFLITE) 2>/dev/null \
	  && $(VENV_TFLITE)/bin/python -m pip install --quiet 'tflite-runtime>=2.14' 'numpy<2' 'opencv-python-headless<4.12' 2>/dev/null; \
	then echo ready > $@; else : > $@; echo "no Python 3.11 with tflite-runtime here: its test will be skipped"; fi

# IRIS brings the other OpenCV, with windows; the two cannot share an environment.
$(VENV_IRIS)/.ready:
	$(PYTHON) -m venv $(VENV_IRIS)
	$(VENV_IRIS)/bin/python -m pip install --quiet 'iris-pse-detection==1.1.2'
	@touch $@
