# Apprentice. `make run` and `make test` each do all the set-up that is still to do.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help run test bench fuzz build setup model lint format clean

# One build serves the program and its tests: optimised, and with the tests let in. Tests run one
# after another, as those on the real model use all cores already.
FLAGS := -c release -Xswiftc -enable-testing

help: ## Say what there is to make
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-8s %s\n", $$1, $$2 }'

run: setup model build ## Set everything up and open the workstation (ARGS="--labeler ada" passes options)
	@exec .build/release/apprentice $(ARGS)

test: setup model ## Set everything up and run the tests (ARGS="--filter Ranking" runs some)
	swift build $(FLAGS) --build-tests
	swift test $(FLAGS) --skip-build --no-parallel $(ARGS)

fuzz: setup ## Fuzz the readers of model files and adapters, ten minutes each (ARGS=60: a minute)
	@scripts/fuzz $(ARGS)

build: setup ## Build .build/release/apprentice
	swift build $(FLAGS) --product apprentice

bench: model build ## Measure how fast this machine draws and trains, 3 minutes (ARGS="--only sft")
	@.build/release/apprentice bench $(ARGS)

setup: ## Install the system packages that are missing, or say how
	@scripts/setup

model: setup ## Fetch the base model, 98 MB, unless it is there
	@scripts/fetch-model

lint: ## Check the formatting of all Swift files
	swift format lint --strict -r Sources Tests Package.swift

format: ## Format all Swift files
	swift format -i -r Sources Tests Package.swift

clean: ## Remove the build; the model, workspaces and system packages stay
	rm -rf .build .build-fuzz
