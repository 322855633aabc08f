# The tests: everything that a change must pass, on a fresh machine, alone.

test-envs := dev common shots render whisperx mlx indictrans2 llm llama
dev = envs/dev/bin

.PHONY: test lint
test: $(foreach e,$(test-envs),$(call built,$(e))) $(ready) lint ## all that a change must pass: lint, units, the graph, the real pipeline on the demo film
	$(quiet)$(dev)/python -m pytest -n 2 --dist loadgroup tests/end_to_end tests/models tests/media tests/graph tests/unit $(PYTEST)

lint: | $(call built,dev) ## formatter, linter and types
	$(quiet)$(dev)/ruff format --check --quiet . || { echo "samvad: not formatted. Type: make format" >&2; exit 1; }
	$(quiet)$(dev)/ruff check --quiet .
	$(quiet)$(dev)/mypy --no-error-summary stages

.PHONY: format
format: | $(call built,dev) ## formats the Python files
	$(quiet)$(dev)/ruff format --quiet . && $(dev)/ruff check --quiet --fix .

.PHONY: demo-film
demo-film: | $(call built,voices) ## makes media/demo.mkv and its truth anew from the voice packages
	$(quiet)envs/voices/bin/python tests/demo/make_demo.py --film media/demo.mkv --truth tests/demo/truth.json

.PHONY: licences
licences: | $(call built,dev) ## writes docs/licences.md anew from the locks and the models file
	$(quiet)$(dev)/python mk/licences.py

.PHONY: audit
audit: | $(call built,dev) ## asks for known vulnerabilities of every locked package (docs/trust.md)
	$(quiet)$(dev)/python mk/audit.py
