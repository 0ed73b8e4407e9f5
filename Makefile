# Two commands: `make book` builds the site, `make test` passes the whole gate. `make lab` opens the chapters.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: book test lab notebooks chapter bench

book: .venv/installed
	$(BIN)/jupyter-book build -W --keep-going --quiet .
	@echo "The book is built. Open it: file://$(CURDIR)/_build/html/index.html"

# pytest reads the rest from pyproject.toml: unit tests, doctests, strict nbval, exercises, site and browser.
test: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

lab: .venv/installed
	$(BIN)/pip install --quiet --disable-pip-version-check -e ".[lab]"
	$(BIN)/jupyter lab --preferred-dir chapters

notebooks: .venv/installed
	$(BIN)/python tools/notebooks.py

# make chapter NAME=16_normalizers TITLE="Normalizers"
chapter: .venv/installed
	$(BIN)/python tools/new_chapter.py $(NAME) "$(TITLE)"

bench: .venv/installed
	$(BIN)/python benchmarks/site.py
	$(BIN)/python benchmarks/additive.py
	$(BIN)/python benchmarks/tiny_call.py

.venv/installed: requirements.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@
