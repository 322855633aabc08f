# samvad: a film goes in, a film with good subtitles comes out.
#
# What one may ask for. The graph is in mk/pipeline.mk, the table of stages in mk/stages.mk;
# ARCHITECTURE.md explains both. Works with GNU Make 3.81 (what macOS ships) and every later one.

.DEFAULT_GOAL := help
.SUFFIXES:
MAKEFLAGS += -rR
SHELL := /bin/sh

include mk/settings.mk
include mk/hardware.mk
include mk/stages.mk
include mk/keys.mk

# The language that a film shows unasked.
shown-unasked = $(firstword $(TGT.$(film)) $(SRC.$(film)))

##@ A film: make out/<film>/final.mkv SRC=hi TGT=en for media/<film>.*
.PHONY: transcribe translate subtitle detect preview
transcribe: $(if $(film),out/$(film)/$(firstword $(SRC.$(film))).srt) ## MOVIE=… the subtitles of the language spoken
translate: $(if $(film),$(foreach l,$(TGT.$(film)),out/$(film)/$(l).srt)) ## MOVIE=… and those of TGT
subtitle: $(if $(film),out/$(film)/final.$(FINAL.$(film))) ## MOVIE=… and the film with all of them
preview: $(if $(film),out/$(film)/media.json out/$(film)/$(shown-unasked).ass) ## MOVIE=… AT=00:12:30 a picture of that moment with its subtitle
	$(quiet)envs/render/bin/python stages/preview.py --media $(media.$(film)) --info $< --subtitle $(word 2,$^) --language $(shown-unasked) --at "$$AT" --out out/$(film)/preview
detect: $(if $(film),out/$(film)/language.json) ## MOVIE=… listens which language is spoken and records it as SRC
	@$(PYTHON) mk/record.py --detected $(film)

# What they ask for, by section, is in these.
include mk/films.mk
include mk/batch.mk
include mk/stage.mk
include mk/envs.mk
include mk/models.mk
include mk/pipeline.mk
include mk/test.mk

.PHONY: help
help:
	@$(PYTHON) mk/help.py $(filter-out config/%,$(MAKEFILE_LIST)) -- \
	  $(foreach v,$(user-variables),$(call quote,$(v)=$(origin $(v))=$(subst $(newline), ,$(value $(v)))))
