# Which results must be made anew: the keys of mk/keys.py as stamps that Make understands.
#
# Make compares dates; it knows nothing of settings, code, locks and revisions. So each result has
# an empty stamp whose *name* carries the digest of all that:
#
#     out/demo/asr.json: out/demo/.stamp/asr.json@9f2c41d0a1b2 …
#
# A new key is a file that does not exist: it is touched, is newer than the result, and the result
# is rebuilt. The stage removes the other stamps just before it puts the new result in place.

# Goals that concern films (and those that need environments or models) need the plan; help does not.
no-plan := help hardware
goals := $(if $(filter undefined,$(origin MAKECMDGOALS)),,$(MAKECMDGOALS))
plan-goals := $(filter-out $(no-plan),$(goals))

plan :=
ifneq ($(plan-goals),)
  plan := $(shell $(PYTHON) mk/plan.py --backend $(backend) --movie $(call quote,$(MOVIE)) \
    $(foreach v,$(given),$(call quote,$(v)=$($(v)))) \
    --goals $(foreach g,$(plan-goals),$(call quote,$(g))))
  ifeq ($(plan),)
    $(error $(PYTHON) could not read the workspace. Type: $(PYTHON) --version (3.9 or later is needed))
  endif
endif

plan.error :=
film :=
films :=
recorded :=
translator-now :=
refused :=
languages :=
fetched :=
ready :=
environments :=
built = $(if $(filter undefined,$(origin built.$(1))),,$(built.$(1)))
$(foreach word,$(plan),$(eval $(word)))
ifneq ($(plan.error),)
  $(error $(plan.error))
endif

# Every stamp that the plan names, and how it comes to be.
stamps := $(filter out/%,$(foreach word,$(plan),$(if $(findstring /.stamp/,$(word)),$(lastword $(subst :,$(_),$(word))))))
results := $(foreach stamp,$(stamps),$(subst /.stamp,,$(firstword $(subst @,$(_),$(stamp)))))

ifneq ($(stamps),)
$(stamps):
	@mkdir -p $(@D) && touch $@ || { echo "samvad: cannot write in out/: look at its permissions" >&2; exit 1; }
endif

# A stage puts a whole result in place or none, and Make must not remove a finished one on Ctrl-C.
.PRECIOUS: $(results)

# --- the record: what the command line said of a film, from now on ---------------------------------
ifneq ($(recorded),)
.PHONY: $(recorded:%=record.%)
$(recorded:%=record.%): record.%:
	@$(PYTHON) mk/record.py $* $(foreach line,$(record.$*),$(call quote,$(line)))
endif
