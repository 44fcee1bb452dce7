# Every target sets up what it needs: only Python 3.11 (or newer) and make have to be there.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
JOBS ?= 2
RUNS ?= 100000
CONSTRAINTS ?= constraints.txt
# Workers and threads of theirs would stand in each other's way.
export OMP_NUM_THREADS ?= 1
export OPENBLAS_NUM_THREADS ?= 1

.PHONY: demo test nightly fuzz mutation lint pins clean

demo: $(VENV)/.stamp
	$(BIN)/gossamer compile examples/grover.qasm -n 2:qubits=2 -o out/grover
	@echo
	$(BIN)/gossamer run out/grover --shots 1000
	@echo
	$(BIN)/gossamer verify out/grover --against examples/grover.qasm

test: $(VENV)/.stamp-test lint
	$(BIN)/python -m pytest -n $(JOBS) -m "not nightly" -q

nightly: $(VENV)/.stamp-test
	$(BIN)/python -m pytest -n $(JOBS) -m nightly -q

fuzz: $(VENV)/.stamp-test
	$(BIN)/python -m pip install --quiet -c $(CONSTRAINTS) -e ".[fuzz]"
	$(BIN)/python -m tests.fuzz --runs $(RUNS)

# Hours on one core. `make mutation ONLY="gossamer.ir.phase*"` for one module; what was judged before is kept in mutants/.
mutation: $(VENV)/.stamp-test
	$(BIN)/python -m pip install --quiet -c $(CONSTRAINTS) -e ".[mutation]"
	$(BIN)/mutmut run --max-children $(JOBS) $(ONLY)
	$(BIN)/python -m tests.mutation.report

lint: $(VENV)/.stamp-test
	$(BIN)/ruff check gossamer tests benchmarks
	$(BIN)/ruff format --check gossamer tests benchmarks
	$(BIN)/mypy
	$(BIN)/lint-imports

$(VENV)/.stamp: pyproject.toml $(CONSTRAINTS)
	$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'Python 3.11 or newer is needed: make PYTHON=python3.11')"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet -c $(CONSTRAINTS) -e .
	touch $@

$(VENV)/.stamp-test: $(VENV)/.stamp
	$(BIN)/python -m pip install --quiet -c $(CONSTRAINTS) -e ".[test]"
	touch $@

# In an environment of its own, so that nothing stays by chance.
pins:
	scratch=$$(mktemp -d) && trap 'rm -rf "$$scratch"' EXIT && $(PYTHON) -m venv "$$scratch" && "$$scratch/bin/python" -m pip install --quiet -e ".[test]" \
		&& { grep '^#' constraints.txt; "$$scratch/bin/python" -m pip freeze --exclude-editable; } > "$$scratch/pins" && cp "$$scratch/pins" constraints.txt

clean:
	rm -rf $(VENV) mutants out build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
