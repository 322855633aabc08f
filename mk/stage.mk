# The one recipe of all stages, and the questions about which Python runs what.

##@ The workspace

# A stage of the table may stand for its engine: asr means the machine's, recogniser its environment.
entry = $(if $(filter undefined,$(origin stage.$(1))),,$(firstword $(stage.$(1))))
engine = $(if $(filter asr,$(1)),asr.$(backend),$(if $(filter translation,$(1)),translation.$(translator-now),$(1)))
env-of = $(if $(filter recogniser,$(call entry,$(call engine,$(1)))),$(call entry,asr.$(backend)),$(call entry,$(call engine,$(1))))
script-of = stages/$(subst .,_,$(call engine,$(1))).py

# $(call env,asr): the built environment of a stage, an order-only prerequisite.
env = $(call built,$(call env-of,$(1)))
# $(call run,asr,--in …): the stage's script in its own environment. The stamp carries the key.
run = $(quiet)envs/$(call env-of,$(1))/bin/python $(call script-of,$(1)) $(2) --out $@ --stamp $(filter $(@D)/.stamp/%,$^)

among = $(if $($(1)),$(if $(call not-among,$(1),$(2)),,yes))
stage-names := $(patsubst stage.%,%,$(filter stage.%,$(.VARIABLES)))
translators := $(patsubst translation.%,%,$(filter translation.%,$(stage-names)))
known-stages := $(sort asr translation $(stage-names))
STAGES.transcribe := probe shots demux speech asr alignment songs export_transcript subtitle_generation export_subtitles
STAGES.translate := $(STAGES.transcribe) translation revision $(if $(filter-out whisper,$(translator-now)),load_transcript)
STAGES.subtitle := $(STAGES.translate) qc mux

need-stage = $(if $(call among,STAGE,$(known-stages)),,$(error unknown STAGE '$(STAGE)'. Known: $(known-stages)))
need-env = $(if $(call among,ENV,$(environments)),,$(error unknown ENV '$(ENV)'. Known: $(environments)))
need-workflow = $(if $(call among,WORKFLOW,transcribe translate subtitle),,$(error unknown WORKFLOW '$(WORKFLOW)'. Known: transcribe translate subtitle))

.PHONY: env-for python-for run-in check-envs
env-for: ## which environment STAGE=… runs in
	@echo $(need-stage)$(call env-of,$(STAGE))
python-for: ## which interpreter STAGE=… runs with
	@echo $(need-stage)envs/$(call env-of,$(STAGE))/bin/python
run-in: ## runs CMD='…' with the environment ENV=… first on the PATH
	$(need-env)$(if $(wildcard envs/$(ENV)/bin/python),,$(error $(ENV) is not built. Type: make env-$(ENV)))$(if $(CMD),,$(error what shall run? Type: make run-in ENV=$(ENV) CMD='python -V'))@PATH=$(call quote,$(CURDIR)/envs/$(ENV)/bin):"$$PATH" sh -c $(call quote,$(CMD))
check-envs: ## lists what WORKFLOW=transcribe|translate|subtitle lacks, and what builds it
	$(need-workflow)@$(PYTHON) mk/envs.py check $(sort $(foreach s,$(STAGES.$(WORKFLOW)),$(call env,$(s))))
