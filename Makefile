# Two commands: `make dance` to see it, `make test` to prove it.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: dance web test env interop blender pictures bench lock clean

dance: .venv/stage.stamp
	$(BIN)/python -m realtime.run --device demo

test: env interop $(if $(shell command -v npm 2>/dev/null),web)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy audio motion model export realtime tools
	$(BIN)/python -m pytest

env: .venv/all.stamp

# what the stage needs, about 200 MB
.venv/stage.stamp: requirements/stage.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements/stage.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	touch $@

# stage, training and development
.venv/all.stamp: requirements/all.lock .venv/stage.stamp
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements/all.lock
	touch $@

# receivers that were not written here; without Node the tests that need them are skipped with a reason, and so are those
# of Pure Data and SuperCollider (apt install puredata-core, 5 MB; supercollider-language, 230 MB) and of `make blender`
interop: tests/interop/node_modules/.stamp
tests/interop/node_modules/.stamp: tests/interop/package-lock.json
	if command -v npm >/dev/null; then cd tests/interop && npm ci --silent --no-audit --no-fund; fi
	mkdir -p $(@D) && touch $@

# Blender as a Python package, 1 GB, for tests/interop/test_blender.py, which is skipped without it (Python 3.11)
blender: .venv-blender/.stamp
.venv-blender/.stamp:
	$(PYTHON) -m venv .venv-blender
	.venv-blender/bin/python -m pip install --quiet --disable-pip-version-check bpy==4.5.15
	touch $@

pictures: env interop web # of docs/, with Chromium and ffmpeg
	$(BIN)/python -m tests.interop.pictures

# the page's avatars: --sink web shows our own figure without it
web: web/dist/avatar.js
web/dist/avatar.js: web/package.json web/package-lock.json $(wildcard web/avatar/*.js web/page/*.js)
	@command -v npm >/dev/null || { echo "make web needs npm: install Node.js (nodejs.org)"; exit 1; }
	cd web && npm ci --silent --no-audit --no-fund && npm run --silent build -- --log-level=warning

bench: env
	$(BIN)/python -m tools.bench

lock: # renew the pinned versions from pyproject.toml
	$(BIN)/uv pip compile -q --no-header --no-annotate --python-version 3.11 --upgrade --extra cpu --extra web pyproject.toml -o requirements/stage.lock
	$(BIN)/uv pip compile -q --no-header --no-annotate --python-version 3.11 --upgrade --extra cpu --extra web --extra m4a --extra midi --extra link --extra oscquery --extra train --extra dev \
	  --override requirements/without_torch.txt pyproject.toml requirements/torch.in -o requirements/all.lock
	echo "torch==2.13.0" >> requirements/all.lock

clean:
	rm -rf .venv .venv-blender tests/interop/node_modules web/node_modules web/dist
