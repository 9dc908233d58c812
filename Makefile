# `make build` and `make test` set up all they need: a virtual environment and the packages of pyproject.toml.
PYTHON ?= python3
VENV ?= .venv
SCALE ?= small
WAREHOUSE ?= warehouse/recsys.duckdb
SEED ?= 1
PORT ?= 8350
BUILD_FLAGS ?=
CLASSIFIERS ?= auto
LISTS ?=
OLD ?=

BIN = $(VENV)/bin
PIP = $(BIN)/python -m pip --disable-pip-version-check --quiet install
DEMO = data/$(SCALE)$(if $(filter-out 1,$(SEED)),-seed$(SEED))
PYTEST = $(BIN)/python -m pytest --numprocesses 2 --dist loadscope --no-loadscope-reorder
MOVIELENS = build/recbole/recbole/dataset_example/ml-100k
TORCH = 2.13.0
# Without the learned models, a build needs the core packages alone; else the pages come along, which people open next.
NEEDED = $(if $(findstring --sql-only,$(BUILD_FLAGS)),$(VENV)/.core,$(VENV)/.learners $(VENV)/.pages) $(if $(filter spark,$(CLASSIFIERS)),$(VENV)/.spark)
ifneq ($(filter-out auto local spark,$(CLASSIFIERS)),)
$(error CLASSIFIERS=$(CLASSIFIERS): expected local or spark)
endif
SOLVERS = $(if $(filter spark,$(CLASSIFIERS)),--set classifiers.solver=spark --set als.solver=spark)

.DEFAULT_GOAL := help
.PHONY: help setup build quick test slowest lint wheel ablation solvers bench bench-regress torture docs report ui leaderboard clean

help: ## list the targets
	@echo "targets:"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "settings: DATA=dir WAREHOUSE=file SCALE=tiny|small|full SEED=n CLASSIFIERS=spark BUILD_FLAGS='--sql-only' LISTS='FILE ...' OLD=wheel"

setup: $(VENV)/.learners $(VENV)/.dev ## install everything without building anything

build: $(NEEDED) $(if $(DATA),,$(DEMO)/synth.json) ## build the warehouse from DATA, or from demo data
	@$(BIN)/recsys build --data "$(or $(DATA),$(DEMO))" --warehouse "$(WAREHOUSE)" $(SOLVERS) $(BUILD_FLAGS)

quick: $(VENV)/.learners $(VENV)/.dev ## run the tests of a minute: models, project, SQL, learners, library
	@$(PYTEST) -m "not (slow or spark or browser or docs)"

test: $(VENV)/.learners $(VENV)/.dev ## run every test
	@$(PYTEST)

slowest: $(VENV)/.learners $(VENV)/.dev ## run every test and list the slowest twenty
	@$(PYTEST) --durations 20

lint: $(VENV)/.dev ## check style, types and SQL
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/sqlfluff lint sql
	@$(BIN)/python -m recsys.backends.spark.dialect_lint

torture: $(VENV)/.learners $(VENV)/.dev ## crash, starve and fuzz it for some minutes, and print what it survived
	@$(BIN)/python -m tests.torture

wheel: $(VENV)/.dev ## install the wheel into an empty environment and work with it in an empty folder
	@$(BIN)/python -m tests.wheel

ablation: $(VENV)/.learners $(VENV)/.dev $(MOVIELENS) $(if $(DATA),,$(DEMO)/synth.json) ## print what each method adds, on MovieLens and on DATA or demo data
	@$(BIN)/python -m tests.bench.ablation "$(or $(DATA),$(DEMO))" --movielens "$(MOVIELENS)"

solvers: $(VENV)/.learners $(VENV)/.spark $(if $(DATA),,$(DEMO)/synth.json) ## train the classifiers and ALS with both solvers and print accuracies and times
	@$(BIN)/python -m tests.bench.solvers "$(or $(DATA),$(DEMO))"

bench: $(VENV)/.learners $(VENV)/.dev $(VENV)/.bench $(MOVIELENS) ## compare speed, memory and lists with other packages, on MovieLens 100k and LISTS=files
	@$(BIN)/python -m tests.bench.warehouse
	@$(BIN)/python -m tests.bench.further
	@$(BIN)/python -m tests.bench.lists "$(MOVIELENS)/ml-100k.inter" $(LISTS)

bench-regress: $(VENV)/.learners $(VENV)/.dev $(VENV)/.bench ## compare speed and memory with OLD=a wheel, tag or commit
	@test -n "$(OLD)" || { echo "bench-regress: expected OLD=WHEEL, the wheel of the last release, or OLD=COMMIT"; exit 2; }
	@$(BIN)/python -m tests.bench.regress "$(OLD)" $(if $(DATA),--data "$(DATA)")

docs: $(VENV)/.core $(VENV)/.docs ## build the site of docs/ into build/site
	@$(BIN)/python -m sphinx --quiet --fail-on-warning --keep-going docs build/site
	@echo "build/site/index.html"

report: $(WAREHOUSE) $(VENV)/.pages ## write report.html about the warehouse
	@$(BIN)/recsys report --warehouse "$(WAREHOUSE)" --out report.html

ui: $(WAREHOUSE) $(VENV)/.pages ## open the explorer on the warehouse
	@$(BIN)/recsys ui --warehouse "$(WAREHOUSE)" --port $(PORT)

leaderboard: $(WAREHOUSE) ## print how good each model is
	@$(BIN)/recsys leaderboard --warehouse "$(WAREHOUSE)"

clean: ## remove what was built, but not the environment or the data
	rm -rf build warehouse/compiled "$(WAREHOUSE)"

$(WAREHOUSE):
	@echo "$(WAREHOUSE) is not there: run make build"; exit 2

data/%/synth.json: | $(VENV)/.core
	@echo "making the demo data set data/$*: generated with the statistics of the real data, which may not be redistributed"
	@$(BIN)/recsys synth "data/$*" --scale "$(SCALE)" --seed $(SEED) --quiet

$(VENV)/.core: pyproject.toml
	@echo "setting up $(VENV): the core packages, about 120 MB to download"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "recsys needs Python 3.11 or newer")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) --editable .
	@touch $@

# Without an NVIDIA GPU take PyTorch's CPU build wherever pip's configuration offers one: it is a quarter of the size.
$(VENV)/.learners: pyproject.toml | $(VENV)/.core
	@echo "setting up $(VENV): torch, scikit-learn and numba, about 300 MB to download"
	@command -v nvidia-smi > /dev/null || $(PIP) --no-deps 'torch==$(TORCH)+cpu' 2> /dev/null \
		|| echo "pip offers no CPU build of torch here: taking its default build"
	@$(PIP) --editable '.[learners]'
	@touch $@

$(VENV)/.spark: pyproject.toml | $(VENV)/.core
	@echo "setting up $(VENV): Spark and a Java runtime, about 500 MB to download"
	@$(PIP) --editable '.[spark]'
	@touch $@

$(VENV)/.pages: pyproject.toml | $(VENV)/.core
	@echo "setting up $(VENV): the packages of the report and the explorer, about 60 MB to download"
	@$(PIP) --editable '.[report,ui]'
	@touch $@

$(VENV)/.docs: pyproject.toml | $(VENV)/.core
	@echo "setting up $(VENV): the packages of the documentation, about 15 MB to download"
	@$(PIP) --editable '.[docs]'
	@touch $@

# MovieLens 100k is an example in RecBole's wheel; nothing else of the wheel is used.
$(MOVIELENS): | $(VENV)/.core
	@$(BIN)/python -m pip --disable-pip-version-check --quiet download --no-deps --dest build 'recbole==1.2.1'
	@$(BIN)/python -m zipfile -e build/recbole-1.2.1-*.whl build/recbole

$(VENV)/.bench: pyproject.toml | $(VENV)/.learners
	@echo "setting up $(VENV): the recommenders that lists are compared with, about 100 MB to download"
	@$(PIP) --editable '.[bench]'
	@touch $@

$(VENV)/.dev: pyproject.toml | $(VENV)/.core
	@echo "setting up $(VENV): the packages for tests and checks, Spark and a Java runtime among them, about 600 MB to download"
	@$(PIP) --editable '.[dev]'
	@touch $@
