# Many films at once. `make -j` without a number would start everything: batch re-enters make with
# a number, and goes on with the other films when one fails.

batch-file.transcribe = out/$(1)/$(SRC.$(1)).srt
batch-file.translate = $(foreach language,$(TGT.$(1)),out/$(1)/$(language).srt)
batch-file.subtitle = out/$(1)/final.mkv
batch-goals = $(foreach f,$(films),$(call batch-file.$(WORKFLOW),$(f)))

.PHONY: batch
batch: ## every film in media/, WORKFLOW=subtitle unless given, JOBS=… recipes at once
	$(need-workflow)$(foreach line,$(refused),$(info samvad: batch: left out: $(refused.$(line))))$(if $(batch-goals),@$(MAKE) --no-print-directory -k -j$(JOBS) $(batch-goals),@echo "samvad: batch: no film to make")
	@test -z "$(refused)"
