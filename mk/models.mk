# Models: config/models.json says where each comes from. Fetched and verified, or converted from
# another one; the stamp carries the revision that was asked for and is written last.

ifneq ($(fetched),)
$(fetched): | $(call env,fetch_model)
	$(quiet)envs/$(call env-of,fetch_model)/bin/python stages/fetch_model.py --model $(model.$@) --stamp $@
endif

# $(1) is the stage that converts.
define conversion-rules
$(converted.$(1)): | $(call env,$(1))
	$$(quiet)envs/$(call env-of,$(1))/bin/python stages/$(1).py --in models/$$(from.$$@) --out models/$$(model.$$@) --stamp $$@
endef
conversions := $(patsubst converted.%,%,$(filter converted.%,$(.VARIABLES)))
$(foreach stage,$(conversions),$(eval $(call conversion-rules,$(stage))))

.PHONY: models
models: $(ready) ## fetches and verifies every model of PROFILE=…
