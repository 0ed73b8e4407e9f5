# Two commands: `make book` builds the site, `make test` passes the whole gate. `make lab` opens the chapters.
PYTHON ?= python3
BIN := .venv/bin

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
	$(BIN)/pip install --quiet --disable-pip-version-check -e ".[lab]" -c requirements.lock
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

# the newest versions that fit requirements.txt, with the oldest Python that the book supports: make lock PYTHON=python3.11
lock:
	$(PYTHON) -m venv .venv
	$(BIN)/python tools/lock.py

# without its mark a .venv is empty, or half installed: it begins anew
.venv/installed: requirements.txt requirements.lock pyproject.toml
	$(PYTHON) -m venv $(if $(wildcard $@),,--clear) .venv
	@rm -f $@
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt -c requirements.lock
	@touch $@
