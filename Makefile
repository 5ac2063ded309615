# The whole ritual: `make demo` shows it, `make test` tests it, `make check` lints and types, `make bench` measures.
# Everything lands in .venv in this tree; nothing else is installed.

PYTHON ?= python3
PYTHON_TFLITE ?= python3.11
VENV := .venv
VENV_TFLITE := .venv-tflite
VENV_IRIS := .venv-iris
BIN := $(VENV)/bin
EXTRAS := demo,desktop
comma := ,
# Light-transport bases for studies: development data, no part of the project.
BASES ?= ../shared/bases
# Spectra of panels' primaries, for the same.
SPECTRA ?= ../shared/spectra
# WRITE=--write has studies put their tables into docs/ instead of printing them.
WRITE ?=

.DEFAULT_GOAL := help
.PHONY: help demo test test-all test-rust test-python test-slow test-floors locks check bench study-freshness study-photosafety study-verdicts fuzz photosafety photosafety-iris schemas clean toolchain install install-dev

help: ## List the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: install ## Set up and play the demo: no camera, no screen, no network
	@$(BIN)/lightproof demo

# A process of tests for each core, and no more than eight: each loads the networks.
PYTEST := $(BIN)/python -m pytest --numprocesses auto --maxprocesses 8 --dist worksteal

test: install-dev test-rust test-python ## Set up and run every test but the slow ones

test-all: test test-slow ## Set up and run every test

test-rust:
	@$(RUST_ENV) cargo test --workspace --quiet $(RUST_FEATURES)

test-python: $(VENV_TFLITE)/.ready
	@if [ -s $(VENV_TFLITE)/.ready ]; then export LIGHTPROOF_TFLITE_PYTHON="$(CURDIR)/$(VENV_TFLITE)/bin/python"; fi; \
	$(PYTEST) -m "not slow"

test-slow: install-dev ## Run the slow tests: memory over sessions, studies from beginning to end
	$(PYTEST) -m slow

check: install-dev ## Lint, format and type everything
	$(RUST_ENV) cargo fmt --all --check
	@# rustfmt leaves comments and strings as they are.
	@! LC_ALL=C.UTF-8 git grep -nE '^.{111,}' -- '*.rs'
	$(RUST_ENV) cargo clippy --workspace --all-targets --quiet $(RUST_FEATURES) -- -D warnings
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m mypy.stubtest lightproof._core --allowlist rust/py/stubtest.allow
	$(RUST_ENV) $(BIN)/python .ci/notices.py --check
	$(BIN)/python .ci/audit.py

# Every direct dependency at its lower bound, in an environment of its own; their wheels are for Python 3.11.
PYTHON_FLOORS ?= python3.11
VENV_FLOORS := .venv-floors
test-floors: install-dev ## Run the tests with every direct dependency at its lower bound
	$(PYTHON_FLOORS) -m venv $(VENV_FLOORS)
	$(VENV_FLOORS)/bin/python -m pip install --quiet packaging
	$(VENV_FLOORS)/bin/python .ci/floors.py >$(VENV_FLOORS)/floors.txt
	$(VENV_FLOORS)/bin/python -m pip install --quiet -r $(VENV_FLOORS)/floors.txt colour-science flit-core \
	  hypothesis jsonschema pyjwt pytest pytest-xdist threadpoolctl
	PYTHONPATH=python $(VENV_FLOORS)/bin/python -m pytest --numprocesses auto --maxprocesses 8 --dist worksteal \
	  -m "not slow" --ignore tests/studies

locks: install-dev ## Lock what development and the appliance install, with the hash of every file
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-header --no-annotate \
	  --extra desktop --extra record --extra report --extra simulation --extra cluster --group dev --group docs \
	  pyproject.toml --output-file locks/development.txt
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-header --no-annotate \
	  pyproject.toml --output-file locks/appliance.txt

bench: install-dev ## Measure speed
	$(RUST_ENV) cargo bench -p lightproof-core --benches -- --warm-up-time 0.5 --measurement-time 2
	$(BIN)/python -m benches.table $(WRITE)

study-freshness: install-dev ## Repeat docs/freshness.md: millions of wrong challenges, films of sessions from BASES, and power
	$(RUST_ENV) cargo test --release -p lightproof-core --test freshness_exact -- --ignored --nocapture --test-threads 1
	@if [ -d "$(BASES)" ]; then set -ex; $(BIN)/python -m studies.freshness.wrong_challenge_study --bases "$(BASES)" $(WRITE); \
	  $(BIN)/python -m studies.freshness.code_share --bases "$(BASES)" $(WRITE); \
	else echo "no wrong challenges are held against films: there are no bases in $(BASES); set BASES=DIR"; fi
	$(BIN)/python -m studies.freshness.power_study --sessions 25 $(WRITE)

study-photosafety: install-dev $(VENV_IRIS)/.ready ## Repeat docs/photosafety.md: real panels, IRIS on all its lights, and what gentle light costs
	$(BIN)/python -m studies.photosafety.panels --spectra "$(SPECTRA)" $(WRITE)
	$(BIN)/python -m studies.photosafety.iris_report --iris $(VENV_IRIS)/bin/python --count 10 $(WRITE)
	$(BIN)/python -m studies.photosafety.gentle_cost --bases "$(BASES)" --subjects 3 --seeds 3 $(WRITE)
	$(BIN)/python -m studies.photosafety.gentle_power $(WRITE)

study-verdicts: install-dev ## Repeat docs/verdicts.md: the demo over many seeds, late relays, pictures shown for a while, moulds
	$(BIN)/python -m studies.verdicts.demo --seeds 50 $(WRITE)
	$(BIN)/python -m studies.verdicts.relay --seeds 20 $(WRITE)
	test ! -d ../shared/faces || $(BIN)/python -m studies.verdicts.swaps --faces ../shared/faces $(WRITE)
	test ! -d ../shared/faces || $(BIN)/python -m studies.verdicts.lit_match ../shared/faces $(WRITE)
	test ! -d ../shared/faces || $(BIN)/python -m studies.verdicts.depth ../shared/faces $(WRITE)
	test ! -d ../shared/faces || $(BIN)/python -m studies.verdicts.moving ../shared/faces $(WRITE)

fuzz: ## Fuzz every entry point of the core for 20 s each (needs nightly Rust and cargo-fuzz)
	@targets=$$(cargo +nightly fuzz list --fuzz-dir rust/fuzz) || exit 1; for target in $$targets; do \
	  cargo +nightly fuzz run --fuzz-dir rust/fuzz $$target -- -max_total_time=20 -verbosity=0 || exit 1; \
	done

photosafety: install-dev ## Count flashes in a million challenges of each mode, and on real panels
	$(RUST_ENV) cargo test --release --package lightproof-core --test photosafety --quiet -- --ignored a_million
	$(BIN)/python -m pytest tests/studies/test_panels.py tests/presence/test_flip_monitor.py

photosafety-iris: install-dev $(VENV_IRIS)/.ready ## Have IRIS, an independent analyser, judge the light
	LIGHTPROOF_IRIS_PYTHON="$(CURDIR)/$(VENV_IRIS)/bin/python" $(BIN)/python -m pytest tests/studies/test_iris.py

schemas: install-dev ## Make the JSON Schemas in docs/schemas again from the types that are printed
	$(BIN)/python -m lightproof.cli.schemas docs/schemas

clean: ## Remove everything that was built or installed here
	rm -rf $(VENV) $(VENV_TFLITE) $(VENV_IRIS) $(VENV_FLOORS) $(VENV_DIST) .rust target dist

# The machine's own Rust where it is new enough, else one in .rust of this tree, fetched as maturin's own build backend does.
RUST_MIN := 1.85
# An older one than this has no crate that chooses the widest vectors at run time: they are those of every processor then.
RUST_DISPATCH := 1.89
RUST_ENV := if [ -x .rust/cargo/bin/cargo ]; then \
	export RUSTUP_HOME="$(CURDIR)/.rust/rustup" CARGO_HOME="$(CURDIR)/.rust/cargo" PATH="$(CURDIR)/.rust/cargo/bin:$$PATH"; fi;
RUST_IS_AT_LEAST = cargo --version 2>/dev/null | $(PYTHON) -c 'import re, sys; found = re.search(r"(\d+)\.(\d+)", sys.stdin.read()); sys.exit(not found or tuple(map(int, found.groups())) < tuple(map(int, "$(1)".split("."))))'
RUST_FEATURES = $$($(call RUST_IS_AT_LEAST,$(RUST_DISPATCH)) || echo --no-default-features)
SETUP_LOG := $(VENV)/setup.log
# $(call quietly,what is done,command): one line for a stage; the whole log only where it fails.
quietly = @echo "$(1)"; { $(2); } >$(SETUP_LOG) 2>&1 || { cat $(SETUP_LOG); echo "failed: $(1)"; exit 1; }

toolchain: $(BIN)/python
	@$(RUST_ENV) if ! $(call RUST_IS_AT_LEAST,$(RUST_MIN)); then \
	  if [ -n "$$MATURIN_NO_INSTALL_RUST" ]; then \
	    echo "lightproof needs Rust $(RUST_MIN) or newer, and MATURIN_NO_INSTALL_RUST forbids to fetch it: unset it, or install Rust from https://rustup.rs"; exit 1; fi; \
	  echo "fetching Rust into .rust of this folder (MATURIN_NO_INSTALL_RUST=1 forbids it): this machine has none of $(RUST_MIN) or newer"; \
	  { $(BIN)/python -m pip install --quiet puccinialin && $(BIN)/python -m puccinialin --location .rust; } >$(SETUP_LOG) 2>&1 \
	    || { rm -rf .rust; echo "Rust cannot be fetched ($(SETUP_LOG) says why): install $(RUST_MIN) or newer from https://rustup.rs"; exit 1; }; fi

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	  || { echo "lightproof needs Python 3.11 or newer with venv (Debian: apt install python3 python3-venv), or set PYTHON=/path/to/python3"; exit 1; }
	@echo "making a virtual environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "cannot make a virtual environment (Debian: apt install python3-venv)"; exit 1; }

$(BIN)/maturin: | toolchain
	$(call quietly,fetching the build tools,$(BIN)/python -m pip install --quiet --upgrade pip 'maturin>=1.9$(comma)<2')

install: toolchain $(BIN)/maturin
	$(call quietly,compiling the core and fetching what it needs (a minute or two the first time),$(RUST_ENV) MATURIN_PEP517_ARGS="$(RUST_FEATURES)" PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m pip install --no-build-isolation --editable '.[$(EXTRAS)]')

install-dev: install
	$(call quietly,fetching the development tools,$(BIN)/python -m pip install --quiet --group dev)

# The older TFLite runtime exists for Python 3.11 and NumPy 1.26 only; where they are not to be had, its test says so.
$(VENV_TFLITE)/.ready:
	@mkdir -p $(VENV_TFLITE)
	@if $(PYTHON_TFLITE) -m venv $(VENV_TFLITE) 2>/dev/null \
	  && $(VENV_TFLITE)/bin/python -m pip install --quiet 'tflite-runtime>=2.14' 'numpy<2' 'opencv-python-headless>=4.9.0.80,<4.10' lazy-loader msgspec 2>/dev/null; \
	then echo ready > $@; else : > $@; echo "no Python 3.11 with tflite-runtime here: its test will be skipped"; fi

# IRIS brings the other OpenCV, with windows; the two cannot share an environment.
$(VENV_IRIS)/.ready:
	$(PYTHON) -m venv $(VENV_IRIS)
	$(VENV_IRIS)/bin/python -m pip install --quiet 'iris-pse-detection==1.1.2'
	@touch $@

# Releases: what RELEASE.md says and what the release workflow runs. The tools have an environment of their own.
VENV_DIST := .venv-dist
DIST_BIN := $(CURDIR)/$(VENV_DIST)/bin
# glibc 2.28, that of Debian 10 and RHEL 8: the wheels of NumPy and OpenCV ask for no less. Zig brings it, so that it
# does not matter on which Linux a wheel is built; elsewhere the system's own linker is used.
MANYLINUX ?= manylinux_2_28
LINKING := $(if $(filter Linux,$(shell uname -s)),--zig --compatibility $(MANYLINUX))
# Panics name source files: by crate, not by where the builder's home is.
DIST_RUSTFLAGS := --remap-path-prefix=$${CARGO_HOME:-$$HOME/.cargo}/registry/src=crates

.PHONY: sdist wheel check-dist smoke-dist smoke-sdist sbom lint-workflows docs docs-rust docs-python

sdist: $(VENV_DIST)/.ready ## Build the source distribution into dist/
	rm -f dist/lightproof*
	$(RUST_ENV) $(DIST_BIN)/maturin sdist --out dist

wheel: $(VENV_DIST)/.ready ## Build the source distribution, and from it alone the wheel, into dist/
	rm -f dist/lightproof*
	$(RUST_ENV) PATH="$(DIST_BIN):$$PATH" RUSTFLAGS="$(DIST_RUSTFLAGS)" \
	  maturin build --release --locked --sdist $(LINKING) --out dist

check-dist: $(VENV_DIST)/.ready ## Check what is in dist/: contents, versions, metadata, stable ABI
	$(DIST_BIN)/twine check --strict dist/lightproof-*.whl dist/lightproof-*.tar.gz
	$(DIST_BIN)/abi3audit --strict dist/lightproof-*.whl
	$(DIST_BIN)/python .ci/check_dist.py dist $(TAG)

smoke-dist: $(VENV_DIST)/.ready ## Install the wheel of dist/ in a clean environment and verify a simulated person
	$(DIST_BIN)/python .ci/smoke_dist.py dist/lightproof-*.whl

smoke-sdist: $(VENV_DIST)/.ready ## The same with the source distribution, which is built there
	$(RUST_ENV) $(DIST_BIN)/python .ci/smoke_dist.py dist/lightproof-*.tar.gz

sbom: $(VENV_DIST)/.ready ## Write the bills of materials of the wheel in dist/, beside it
	$(DIST_BIN)/python .ci/sbom.py dist

$(VENV_DIST)/.ready: pyproject.toml | toolchain
	$(PYTHON) -m venv $(VENV_DIST)
	$(DIST_BIN)/python -m pip install --quiet --upgrade pip
	$(DIST_BIN)/python -m pip install --quiet --group dist
	@touch $@

# actionlint is a Go program; it is built from the module proxy where there is a Go.
ACTIONLINT := $(CURDIR)/target/tools/actionlint
ACTIONLINT_VERSION := v1.7.12

lint-workflows: ## Lint the workflow files (needs Go, once)
	@if [ -x $(ACTIONLINT) ] || GOBIN=$(dir $(ACTIONLINT)) go install github.com/rhysd/actionlint/cmd/actionlint@$(ACTIONLINT_VERSION) 2>/dev/null; \
	then $(ACTIONLINT) .github/workflows/*.yml; \
	else echo "no actionlint here, and no Go to build it: the workflows were not linted"; fi

docs: docs-rust docs-python ## Build the API documentation into target/doc/, with warnings denied

docs-rust:
	$(RUST_ENV) RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --quiet

docs-python: install-dev
	$(BIN)/python -m pip install --quiet --group docs
	@# Always from scratch: what Sphinx has read before it does not warn of again.
	$(BIN)/sphinx-build --fresh-env --builder html --quiet --fail-on-warning --keep-going \
	  --doctree-dir target/doc/.python docs/api target/doc/python
