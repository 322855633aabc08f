# Many films at once. `make -j` without a number would start everything: mk/batch.py looks which films
# are due, starts one make for those, with a number, and says at the end what came of each.

# Also for -q and -t: whatever is not meant to make films must not.
dry-run := $(if $(strip $(foreach flag,n q t,$(findstring $(flag),$(firstword -$(MAKEFLAGS))))),--dry-run)

.PHONY: batch
batch: ## every film in media/, WORKFLOW=subtitle unless given, JOBS=… recipes at once
	+@$(PYTHON) mk/batch.py --make '$(MAKE)' --workflow $(call quote,$(WORKFLOW)) --jobs $(JOBS) --heavy $(HEAVY_JOBS) $(dry-run) \
	  $(if $(CONFIRM),--confirm) $(settings-given) $(options-given)

# What it asks of that make.
.PHONY: batched
batched: $(batched)
