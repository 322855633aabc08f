# Which results must be made anew: the keys of mk/workspace/keys.py as stamps that Make understands.
#
# Make compares dates; it knows nothing of settings, code, locks and revisions. So each result has
# an empty stamp whose *name* carries the digest of all that:
#
#     out/demo/asr.json: out/demo/.stamp/asr.json@9f2c41d0-17cf7520 …
#
# A new key is a file that does not exist: it is touched, is newer than the result, and the result
# is rebuilt. The stage removes the other stamps just before it puts the new result in place.

# Goals that concern films (and those that need environments or models) need the plan; the commands
# of mk/films.mk and batch look for themselves, and stand alone.
on-their-own := batch import films settings edits review qc sidecars why accept clean-stage clean tidy
no-plan := help hardware $(on-their-own)
goals := $(if $(filter undefined,$(origin MAKECMDGOALS)),,$(MAKECMDGOALS))
plan-goals := $(filter-out $(no-plan),$(goals))
ifneq ($(and $(filter $(on-their-own),$(goals)),$(word 2,$(goals))),)
  $(error '$(firstword $(filter $(on-their-own),$(goals)))' stands alone: one command for it, another for the rest)
endif

$(if $(filter batch,$(goals)),$(if $(MOVIE),$(error batch makes every film. For one: make $(WORKFLOW) MOVIE=$(MOVIE))))

plan :=
ifneq ($(plan-goals),)
  plan := $(shell $(PYTHON) mk/plan.py --backend $(backend) --movie $(call quote,$(MOVIE)) \
    $(settings-given) --goals $(foreach g,$(plan-goals),$(call quote,$(g))))
  ifeq ($(plan),)
    $(error $(PYTHON) could not read the workspace. Type: $(PYTHON) --version (3.9 or later is needed))
  endif
endif

plan.error :=
film :=
films :=
stamps :=
results :=
current :=
recorded :=
batched :=
skipped :=
afterwards :=
translator-now :=
languages :=
fetched :=
ready :=
environments :=
built = $(if $(filter undefined,$(origin built.$(1))),,$(built.$(1)))
# $(shell …) gives its lines as words; they are lines again to be read.
$(eval $(subst $(_),$(newline),$(plan)))
ifneq ($(plan.error),)
  $(error $(plan.error))
endif

# Every stamp that the plan names, and how it comes to be. One that is there stays as old as it is:
# another make may have finished the result since.
ifneq ($(stamps),)
$(stamps):
	@mkdir -p $(@D) && { test -e $@ || touch $@; }
endif

# A film that has the subtitles that are asked for (USE_SUBS=skip): a line says so.
ifneq ($(skipped),)
.PHONY: $(skipped)
$(skipped): out/%:
	@$(PYTHON) mk/skipped.py $(*D) $(*F)
endif

# One that may have them is looked at first; the same goals are then asked for once more.
ifneq ($(afterwards),)
.PHONY: $(afterwards)
$(afterwards):
	+$(quiet)SAMVAD_PROBED=1 $(MAKE) --no-print-directory $@
endif

# A stage puts a whole result in place or none, and Make must not remove a finished one on Ctrl-C.
.PRECIOUS: $(results)

# --- the record: what the command line said of a film, from now on ---------------------------------
ifneq ($(recorded),)
.PHONY: $(recorded:%=record.%)
$(recorded:%=record.%): record.%:
	@$(PYTHON) mk/record.py $* $(foreach line,$(record.$*),$(call quote,$(line)))
endif
