# Many films at once. `make -j` without a number would start everything: mk/batch.py looks which films
# are due, starts one make for those, with a number, and says at the end what came of each.

# -n, and -q and -t too: what is not meant to make films must not. The letters stand first in
# MAKEFLAGS, but behind long options in 3.81; what follows ` -- ` are variables.
before-variables = $(subst ?,$(_),$(firstword $(subst ?--?,$(_),$(subst $(_),?,$(_)$(MAKEFLAGS)))))
flag-words = $(filter-out -I% -j% -l% -O% -W% -o%,$(filter-out --%,$(firstword -$(MAKEFLAGS)) $(filter -%,$(before-variables))))
dry-run = $(if $(strip $(foreach flag,n q t,$(findstring $(flag),$(flag-words)))),--dry-run)

.PHONY: batch
batch: ## every film in media/, WORKFLOW=subtitle unless given, JOBS=… recipes at once
	+@$(PYTHON) mk/batch.py --make '$(MAKE)' --workflow $(call quote,$(WORKFLOW)) --jobs $(JOBS) --heavy $(HEAVY_JOBS) $(dry-run) \
	  $(if $(CONFIRM),--confirm) $(settings-given) $(options-given)

# What it asks of that make.
.PHONY: batched
batched: $(batched)
