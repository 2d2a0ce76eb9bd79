# `make install` makes the environment in .venv; `make repro` runs the pipeline, `make test` the tests, and both install first.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
EXTRAS ?= dev
INSTALLED := .venv/.installed-$(EXTRAS)
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: install repro ci ui plots preset test bench clean
.DELETE_ON_ERROR:

$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "psl needs Python 3.11 or newer: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt uv
	.venv/bin/uv pip install --quiet --python .venv/bin/python --compile-bytecode --constraint constraints.txt \
	  --editable '.[$(EXTRAS)]'
	touch $@

install: $(INSTALLED)  ## make the environment in .venv, where it is not there or older than pyproject.toml
	@echo 'Now: source .venv/bin/activate'

repro: $(INSTALLED)  ## run the pipeline; PRESET=quick (a first look), esc10, esc50 (recordings), best, paper (AudioSet), default
	python -m tasks.params $(if $(PRESET),preset $(PRESET),check)
	python -m flows pipeline
	@echo 'See reports/index.html, and listen to data/listen/index.html'

ci: $(INSTALLED)  ## the pipeline of params.yaml as it is: what ran, what was cached, what failed
	python -m flows ci

ui: $(INSTALLED)  ## Prefect's server and every flow as a form, on loopback; PORT=4300 for another port
	python -m flows ui $(if $(PORT),--port $(PORT))

plots: $(INSTALLED)  ## what DVC draws of this run, as a page that needs no network
	python -m tasks.plots
	dvc plots show

preset: $(INSTALLED)  ## write params.yaml from presets/$(NAME).yaml
	python -m tasks.params preset $(NAME)

test: $(INSTALLED)  ## lint, types, architecture, tests
	ruff check .
	mypy
	lint-imports
	pytest --numprocesses 3 --dist loadfile  # on two cores: many tests wait for programs that they start

bench: $(INSTALLED)  ## every benchmark: ratios measured in one run
	for file in benchmarks/[a-z]*.py; do echo "== $$file"; python -m benchmarks.$$(basename $$file .py) || exit 1; done

clean:  ## what can be made again: caches of shards and the environment, never data/ or reports/
	rm -rf .venv .shards .prefect .pytest_cache .mypy_cache .ruff_cache
