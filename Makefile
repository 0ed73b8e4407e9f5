# Two commands: `make book` builds the site, `make test` passes the whole gate. `make lab` opens the chapters.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check

.PHONY: book test faults lab notebooks map chapter bench lock

book: .venv/installed
	$(BIN)/jupyter-book build -W --keep-going --quiet .
	@echo "The book is built. Open it: file://$(CURDIR)/_build/html/index.html"

# pytest reads the rest from pyproject.toml: unit tests, doctests, strict nbval, exercises, site and browser.
test: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

# plants every fault of tests/faults.yml; the gate plants a sample of them
faults: .venv/installed
	FAULTS="$(or $(FAULTS),.)" $(BIN)/pytest -n 2 -o addopts="" tests/test_faults.py

lab: .venv/installed
	$(PIP) --no-deps --require-hashes -r lab.lock
	$(BIN)/jupyter lab --preferred-dir chapters

notebooks: .venv/installed
	$(BIN)/python -m tools.notebooks
	$(BIN)/python -m tools.map

# contents, maps, head lines and questions, from chapters.yml and the chapters
map: .venv/installed
	$(BIN)/python -m tools.map

# make chapter NAME=16_normalizers, as chapters.yml has it; with TITLE="…" a name that it does not have yet
chapter: .venv/installed
	$(BIN)/python -m tools.new_chapter "$(NAME)" $(if $(TITLE),--title "$(TITLE)")

bench: .venv/installed
	$(BIN)/python benchmarks/site.py
	$(BIN)/python benchmarks/additive.py
	$(BIN)/python benchmarks/tiny_call.py
	$(BIN)/python benchmarks/attention.py

# exact versions, from the ranges in requirements.txt and pyproject.toml, for every platform: gate and site, then class
COMPILE := $(BIN)/uv pip compile --quiet --upgrade --universal --fork-strategy fewest --python-version 3.11 \
	--generate-hashes --no-header --no-annotate --no-emit-package torch --no-emit-package attnlib
lock: .venv/installed
	$(PIP) uv
	$(COMPILE) requirements.txt -o requirements.lock
	$(COMPILE) -c requirements.lock requirements.txt pyproject.toml --extra lab -o lab.lock

# The lock first. Then torch, whose file differs by platform and index, and attnlib itself.
.venv/installed: requirements.lock requirements.txt pyproject.toml
	$(PYTHON) -m venv --clear .venv
	$(PIP) --no-deps --require-hashes -r requirements.lock
	$(PIP) --no-build-isolation -r requirements.txt
	@touch $@
