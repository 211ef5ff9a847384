# Two commands: `make run` and `make test`. Both install what is missing, or print the exact command for it.
#
#   make run           the terminal tour while the window compiles, then the window on the sample
#   make test          everything but benches, long fuzzing and targets that install foreign servers
#   make bench         the measured promises
#   make fuzz          the fuzz targets, a minute each (needs a nightly toolchain)
#   make test-wire     the adapters before a mock of the providers' APIs that others wrote (installs it from npm)
#   make bindings      regenerates ui/src/ipc/bindings.ts from the Rust types

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := run
.PHONY: run test test-wire bench fuzz bindings system tools ui lint rust-test ui-test journey python clean

CARGO ?= cargo
TARGET := $(if $(CARGO_TARGET_DIR),$(CARGO_TARGET_DIR),$(CURDIR)/target)
CACHE := $(TARGET)/understudy-tools
CLI := $(TARGET)/debug/understudy
WINDOW := $(TARGET)/debug/understudy-desktop
PYTHON := $(CACHE)/python/bin/python

# What the window is built with, and what tests drive it with.
SYSTEM_RUN := build-essential pkg-config libwebkit2gtk-4.1-dev librsvg2-dev
SYSTEM_TEST := $(SYSTEM_RUN) xvfb webkit2gtk-driver xauth openssl jq git python3-venv

run: tools
	@$(MAKE) --no-print-directory system PACKAGES="$(SYSTEM_RUN)"
	$(CARGO) build -p understudy
	@$(MAKE) --no-print-directory ui
	@( $(CARGO) build -p understudy-desktop > $(TARGET)/window-build.log 2>&1; echo $$? > $(TARGET)/window-build.status ) & \
	build=$$!; \
	$(CLI) demo || true; \
	echo; echo "The window is compiling (minutes on a first build, seconds afterwards) …"; \
	wait $$build; \
	if [ "$$(cat $(TARGET)/window-build.status)" != 0 ]; then tail -40 $(TARGET)/window-build.log; exit 1; fi; \
	if [ -z "$${DISPLAY:-}$${WAYLAND_DISPLAY:-}" ] && [ "$$(uname)" = Linux ]; then \
		echo "There is no display here, so it stays at the terminal tour. The window is $(WINDOW)"; \
	else \
		exec $(WINDOW); \
	fi

test: tools
	@$(MAKE) --no-print-directory system PACKAGES="$(SYSTEM_TEST)"
	@$(MAKE) --no-print-directory python ui lint rust-test ui-test journey

# ---- pieces ----

# Node and Rust are the user's own; everything else a package manager can bring.
tools:
	@command -v $(CARGO) >/dev/null || { echo "Rust 1.94 or later is needed: https://rustup.rs"; exit 2; }
	@command -v node >/dev/null && node -e 'const [a,b]=process.versions.node.split(".").map(Number); process.exit(a>20||(a===20&&b>=19)?0:1)' \
		|| { echo "Node 20.19 or later is needed: https://nodejs.org"; exit 2; }
	@mkdir -p $(CACHE)

system:
	@if ! command -v dpkg-query >/dev/null; then \
		echo "Not a Debian system: make sure these are installed in your system's names: $(PACKAGES)"; exit 0; fi; \
	missing=$$(for p in $(PACKAGES); do dpkg-query -W -f='$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || echo $$p; done); \
	[ -z "$$missing" ] && exit 0; \
	if [ "$$(id -u)" = 0 ]; then as=; elif sudo -n true 2>/dev/null; then as="sudo -n"; else \
		echo "These packages are missing. Install them and run make again:"; echo; \
		echo "  sudo apt-get install -y "$$missing; echo; exit 2; fi; \
	echo "installing: "$$missing; \
	$$as apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$as apt-get install -y -qq $$missing >/dev/null

ui/node_modules/.package-lock.json: ui/package-lock.json
	cd ui && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

# The window is compiled around these files: built only when a source is newer, or every build would compile it again.
UI_SOURCES := $(shell find ui/src ui/public -type f 2>/dev/null) ui/index.html ui/vite.config.ts ui/package-lock.json

ui: ui/dist/.built
ui/dist/.built: ui/node_modules/.package-lock.json $(UI_SOURCES)
	cd ui && npm run --silent build
	@touch $@

bindings:
	UNDERSTUDY_WRITE_BINDINGS=1 $(CARGO) test -p understudy-desktop bindings

# Programs others wrote, which must agree with our bundles.
python: $(PYTHON)
$(PYTHON):
	@mkdir -p $(CACHE)
	python3 -m venv $(CACHE)/python
	$(CACHE)/python/bin/pip install --quiet --disable-pip-version-check 'securesystemslib[crypto]>=1.3,<2' 'in-toto-attestation>=0.9,<1'

lint: ui/node_modules/.package-lock.json
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --quiet -- -D warnings
	cd ui && npm run --silent lint && npm run --silent check

rust-test: python
	UNDERSTUDY_PYTHON=$(PYTHON) $(CARGO) test --workspace --quiet

ui-test: ui/node_modules/.package-lock.json
	cd ui && npm test --silent

# The journeys in the real window: built assets, real key and pointer events.
$(CACHE)/bin/tauri-driver:
	$(CARGO) install tauri-driver --version '^2' --locked --root $(CACHE) --target-dir $(CACHE)/build --quiet

journey: ui $(CACHE)/bin/tauri-driver
	$(CARGO) build -p understudy -p understudy-desktop
	cd ui && UNDERSTUDY_CLI=$(CLI) UNDERSTUDY_WINDOW=$(WINDOW) TAURI_DRIVER=$(CACHE)/bin/tauri-driver npm run --silent journey

# A mock of the providers' APIs that others wrote, on a free port of loopback, with fixtures of our own.
AIMOCK := $(CACHE)/aimock/node_modules/.bin/llmock
$(AIMOCK):
	@mkdir -p $(CACHE)/aimock
	npm install --prefix $(CACHE)/aimock --no-audit --no-fund --loglevel=error '@copilotkit/aimock@^1'

test-wire: tools $(AIMOCK)
	$(CARGO) test -p understudy-core --test wire --no-run --quiet
	@log=$$(mktemp); \
	$(AIMOCK) --host 127.0.0.1 --port 0 --strict --validate-on-load \
		--fixtures src-tauri/crates/core/tests/wire/fixtures.json > $$log 2>&1 & \
	mock=$$!; trap 'kill $$mock 2>/dev/null || true; rm -f $$log' EXIT; \
	for _ in $$(seq 100); do \
		url=$$(grep -o 'http://127.0.0.1:[0-9]*' $$log | head -1 || true); \
		if [ -n "$$url" ] || ! kill -0 $$mock 2>/dev/null; then break; fi; sleep 0.1; \
	done; \
	if [ -z "$$url" ]; then cat $$log; echo "aimock did not start"; exit 1; fi; \
	UNDERSTUDY_AIMOCK=$$url $(CARGO) test -p understudy-core --test wire --quiet

bench:
	$(CARGO) bench -p understudy-core -p understudy-bundle

fuzz:
	@command -v cargo-fuzz >/dev/null || { echo "cargo-fuzz is needed: cargo install cargo-fuzz"; exit 2; }
	cd src-tauri/crates/bundle && for target in $$($(CARGO) fuzz list); do $(CARGO) +nightly fuzz run $$target -- -max_total_time=60; done

clean:
	$(CARGO) clean
	rm -rf ui/dist ui/node_modules
