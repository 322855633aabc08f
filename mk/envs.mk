# The environments: envs/<name>/ from envs/<name>.lock, built by a pinned uv (mk/envs.py).
#
# The stamp carries the lock's digest and is written last, after every direct requirement has been
# imported: an interrupted build has no stamp and is done again. Results name environments only
# after the bar: building one anew makes nothing stale; a changed pin does, through the keys.

$(foreach e,$(environments),$(eval $(built.$(e)): ; @$(PYTHON) mk/envs.py build $(e) $$@))

# What the recipes of this machine use: every one but the other backend's and the tests' own.
machine-envs := $(filter-out dev llama voices $(if $(filter whisperx,$(backend)),mlx),$(environments))

.PHONY: envs $(environments:%=env-%)
$(foreach e,$(environments),$(eval env-$(e): $(built.$(e))))
envs: $(foreach e,$(machine-envs),$(built.$(e))) ## builds every environment that this machine's recipes use

.PHONY: lock
lock: ## ENV=… resolves envs/<name>.in anew into its lock, for Linux and macOS
	$(need-env)@$(PYTHON) mk/envs.py lock $(ENV)
