# Two commands: `make demo` builds, seeds and starts everything; `make test` checks everything.

# Build output lives outside the checkout so that fresh clones share it.
CACHE ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/dys
export CARGO_TARGET_DIR ?= $(CACHE)/target
export DYS_DATA ?= $(CURDIR)/data/demo

.PHONY: demo test check format assets bench clean-demo

demo: assets
	@scripts/need cargo "Rust 1.95 (rustup.rs)"
	@scripts/need cc "bir C derleyicisi (Debian ve Ubuntu: apt install build-essential)"
	# The whole workspace decides the features, as it does for the tests: nothing is built twice.
	cargo build --workspace --bin dys
	exec $(CARGO_TARGET_DIR)/debug/dys demo

test:
	@CACHE="$(CACHE)" scripts/test

check: assets
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings

format:
	cargo fmt --all

assets: assets/dist/app.css

assets/dist/app.css: package-lock.json package.json $(wildcard assets/css/*) $(wildcard assets/js/*) $(wildcard assets/editor/*)
	@scripts/need npm "Node.js 20 ve npm"
	npm ci --no-audit --no-fund
	npm run build
	@touch $@

bench: assets
	cargo bench --profile dev -p dys -p letter

clean-demo:
	rm -rf data/demo
