# Two commands set everything up: `make demo` shows the main job, `make test` runs the tests.
# Both work offline once the packages are installed.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
N ?= 100000
MINUTES ?= 30
STEPS ?= 1000000
EXAMPLES ?= 10000
SEED ?= 1

.PHONY: demo test browser lint bench soak soak-many market-model chaos interop rest-judge load docs differential differential-signatures fuzz schemas pages fixtures judges coverage wheel clean

$(VENV)/.base: pyproject.toml constraints.txt hatch_build.py src/ediel/series/_matcher.c src/ediel/transport/_canonical.c
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.demo: $(VENV)/.base
	$(PIP) install --quiet --constraint constraints.txt --editable '.[hub]'
	@touch $@

$(VENV)/.test: $(VENV)/.base
	$(PIP) install --quiet --constraint constraints.txt --requirement requirements/test.txt
	@touch $@

$(VENV)/.lint: $(VENV)/.test
	$(PIP) install --quiet --constraint constraints.txt --requirement requirements/lint.txt
	@touch $@

$(VENV)/.rivals: $(VENV)/.base
	-$(PIP) install --quiet --constraint constraints.txt --requirement requirements/rivals.txt
	@touch $@

$(VENV)/.docs: $(VENV)/.base
	$(PIP) install --quiet --constraint constraints.txt --requirement requirements/docs.txt
	@touch $@

demo: $(VENV)/.demo
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh tools/demo.sh
	@$(BIN)/python tools/story.py

test: $(VENV)/.test
	$(BIN)/python -m pytest -n auto

# Published schemas that two packages carry in their sources; the tests of the report forms use them when they are there.
judges: $(VENV)/.test
	rm -rf build/judges
	$(PIP) download --quiet --no-deps --no-binary pytest,sarif-om --constraint constraints.txt \
	  --requirement requirements/judges.txt --dest build/judges
	cd build/judges && for archive in *.tar.gz; do tar -xzf "$$archive"; done
	cp build/judges/sarif_om-*/sarif-2.1.0*.json build/judges/sarif.json
	cp build/judges/pytest-*/testing/example_scripts/junit-10.xsd build/judges/junit.xsd

# Chromium of the system, installed where this is Debian and we may; and what drives it.
browser: $(VENV)/.test
	$(PIP) install --quiet --constraint constraints.txt --requirement requirements/browser.txt
	command -v chromium || (apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium) >/dev/null

coverage: $(VENV)/.test
	$(BIN)/python -m pytest -n auto --cov=ediel --cov-report=term
	$(BIN)/python -m coverage report --fail-under=95 --include='src/ediel/messages/*,src/ediel/xml/*,src/ediel/report/*' >/dev/null

lint: $(VENV)/.lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python tools/write_schemas.py --check
	$(BIN)/python tools/write_docs.py --check
	$(BIN)/python tools/write_stubs.py --check
	$(BIN)/python tools/write_interop.py --check

bench: $(VENV)/.rivals
	$(BIN)/python tests/benchmarks/bench.py
	$(BIN)/python -m tests.benchmarks.workers

# Other SOAP stacks against the hub and against our client: what can be had is installed, the rest is skipped with a reason.
interop: $(VENV)/.test
	sh tests/interop/install.sh
	$(BIN)/python -m pytest -q tests/interop
	$(BIN)/python tools/write_interop.py --check build/interop/results.json

# Hub and parties under trouble and kills; and many parties at once. Minutes each, so not part of the tests.
soak: $(VENV)/.test
	$(BIN)/python tests/hub/soak.py 4100 60

# Workers on one PostgreSQL, thirty tenants, a hub that misbehaves, a hundred kills and two restarts: an hour or more.
soak-many: $(VENV)/.test
	$(BIN)/python tests/workers/soak_many.py 20000 100

# Random markets at the stand-in hub, its parties, and lines of intervals against a slow model: STEPS=1000000 takes hours.
market-model: $(VENV)/.test
	$(BIN)/python tests/property/long_form.py
	$(BIN)/python tests/hub/market_model.py --steps $(STEPS)
	$(BIN)/python tests/hub/party_model.py 500
	$(BIN)/python tests/hub/grid_model.py 200

# Courier and hub with a proxy between them that makes trouble at every place: `make chaos N=10000` takes a quarter of an hour.
chaos: $(VENV)/.test
	$(BIN)/python tests/transport/chaos.py $(N) $(SEED)

# Answers of the stand-in hub's REST APIs, judged by Elhub's published OpenAPI documents; they lie in EDIEL_SHARED.
rest-judge: $(VENV)/.test
	$(BIN)/python -m tests.rest.published $(EXAMPLES)

load: $(VENV)/.test
	$(BIN)/python tests/benchmarks/load.py --parties 20 --minutes 10

docs: $(VENV)/.docs
	$(BIN)/python -m sphinx -W -q -b html docs build/docs
	@echo "the pages are in build/docs/index.html"

differential: $(VENV)/.test
	$(BIN)/python tests/contract/differential.py $(N)

# The quick way of signatures against xmlsec, and canonical XML from bytes against libxml2.
differential-signatures: $(VENV)/.test
	$(BIN)/python tests/transport/differential.py documents $(N)
	$(BIN)/python tests/transport/differential.py envelopes $(N)

fuzz: $(VENV)/.test
	$(BIN)/python tools/fuzz.py --minutes $(MINUTES)

schemas: $(VENV)/.base
	$(BIN)/python tools/write_schemas.py

pages: $(VENV)/.base
	$(BIN)/python tools/write_docs.py
	$(BIN)/python tools/write_stubs.py

fixtures: $(VENV)/.test
	$(BIN)/python -m tools.write_fixtures

wheel: $(VENV)/.lint
	$(BIN)/python -m build --outdir dist

clean:
	rm -rf $(VENV) build dist
