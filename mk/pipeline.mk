# The whole graph, in processing order: what is made, from what, by which stage.
#
#     media/movie.mkv
#       ├─ probe ───────────── out/movie/media.json
#       ├─ shots ───────────── out/movie/shots.json, for subtitle_generation and qc
#       ├─ read_subtitles ──── out/movie/subtitles.json, where they are the transcript (USE_SUBS=source)
#       └─ demux ───────────── out/movie/audio.wav
#            ├─ songs ──────── out/movie/songs.json, for export_transcript
#            └─ speech ─────── out/movie/speech.json
#                 └─ asr ───── out/movie/asr.json
#                      └─ alignment ── out/movie/aligned.json
#                           └─ export_transcript ── out/movie/transcript.json
#                                ├─ subtitle_generation ── out/movie/hi.cues.json
#                                │    └─ export_subtitles ── out/movie/hi.srt
#                                │         └─ qc ── out/movie/hi.qc.json
#                                └─ load_transcript ── out/movie/sentences.json
#                                     └─ translation ── out/movie/en.json
#                                          └─ revision ── out/movie/en.revised.json
#                                               └─ subtitle_generation ── out/movie/en.cues.json
#                                                    └─ export_subtitles ── out/movie/en.srt
#                                                         └─ qc ── out/movie/en.qc.json
#                                                              └─ mux ── out/movie/final.mkv
#
# `%` is the film; its settings are $(SRC.$*), $(TGT.$*), … and $(film-of) its file in media/. What
# else a result depends on – settings, code, locks, revisions – is in its stamp (mk/keys.mk), and its
# environment and model come before it without making it stale: after the bar.

# $(call each,asr.json): the file of every film that needs one.
each = $(filter $(results),$(films:%=out/%/$(1)))
# $(call each-of,whisper,en.json): that file of the films whose en is the engine's (source: is spoken).
each-of = $(strip $(filter $(results),$(foreach kind,$(1),$(patsubst %,out/%/$(2),$(films.$(kind).$(firstword $(subst ., ,$(2))))))))

ifneq ($(films),)

# --- what is in the film, and its sound ---------------------------------------------------------------

$(call each,media.json): out/%/media.json: | $(call env,probe)
	$(call run,probe,--media $(media.$*) --source '$(SRC.$*)' $(if $(TRACK.$*),--track $(TRACK.$*)))

$(call each,audio.wav): out/%/audio.wav: out/%/media.json | $(call env,demux)
	$(call run,demux,--media $(media.$*) --info $< $(if $(CHANNEL.$*),--channel $(CHANNEL.$*)))

$(call each,shots.json): out/%/shots.json: out/%/media.json | $(call env,shots)
	$(call run,shots,--media $(media.$*) --info $<)

$(call each,subtitles.json): out/%/subtitles.json: out/%/media.json | $(call env,read_subtitles)
	$(call run,read_subtitles,--media $(media.$*) --info $< --language $(source))

# --- what is said, and when -----------------------------------------------------------------------------

$(call each,speech.json): out/%/speech.json: out/%/audio.wav | $(call env,speech)
	$(call run,speech,--audio $< --threshold $(VAD_THRESHOLD.$*) --padding $(VAD_PADDING.$*))

$(call each,language.json): out/%/language.json: out/%/audio.wav out/%/speech.json | $(call env,detect)
	$(call run,detect,--audio $< --speech $(word 2,$^) $(whisper))

$(call each-of,recognised,asr.json): out/%/asr.json: out/%/audio.wav out/%/speech.json | $(call env,asr)
	$(call run,asr,--audio $< --speech $(word 2,$^) $(spoken) $(recogniser) $(call written,--names,names.txt))

$(call each-of,subtitled,asr.json): out/%/asr.json: out/%/audio.wav out/%/speech.json out/%/subtitles.json | $(call env,asr.subtitles)
	$(call run,asr.subtitles,--audio $< --speech $(word 2,$^) --subtitles $(word 3,$^) --language $(source) --model models/$(model.$@) --device $(torch-device))

$(call each,aligned.json): out/%/aligned.json: out/%/audio.wav out/%/asr.json | $(call env,alignment)
	$(call run,alignment,--audio $< --asr $(word 2,$^) $(spoken) $(aligners) --device $(torch-device))

$(call each,songs.json): out/%/songs.json: out/%/audio.wav | $(call env,songs)
	$(call run,songs,--audio $< --model models/$(model.$@))

$(call each,transcript.json): out/%/transcript.json: out/%/aligned.json out/%/songs.json | $(call env,export_transcript)
	$(call run,export_transcript,--aligned $< --songs $(word 2,$^) $(call written,--edits,$(source).edits.tsv))

$(call each,sentences.json): out/%/sentences.json: out/%/transcript.json | $(call env,load_transcript)
	$(call run,load_transcript,--transcript $<)

# --- each language: the one spoken has its cues from the transcript, the others are translated ---------
# $(1) is the language.

define translation-rules
ifneq ($(call each-of,whisper,$(1).json),)
$(call each-of,whisper,$(1).json): out/%/$(1).json: out/%/audio.wav out/%/transcript.json | $(call env,translation.whisper)
	$$(call run,translation.whisper,--audio $$< --transcript $$(word 2,$$^) $$(sources) --target $(1) --engine $(backend) $$(recogniser) $$(terms))
endif

ifneq ($(call each-of,indictrans2,$(1).json),)
$(call each-of,indictrans2,$(1).json): out/%/$(1).json: out/%/sentences.json | $(call env,translation.indictrans2)
	$$(call run,translation.indictrans2,--sentences $$< $$(sources) --target $(1) $$(translator) $$(terms))
endif

ifneq ($(call each-of,transformers,$(1).json),)
$(call each-of,transformers,$(1).json): out/%/$(1).json: out/%/sentences.json | $(call env,translation.transformers)
	$$(call run,translation.transformers,--sentences $$< $$(sources) --target $(1) $$(translator) $$(terms))
endif

ifneq ($(call each-of,llm,$(1).json),)
$(call each-of,llm,$(1).json): out/%/$(1).json: out/%/sentences.json | $(call env,translation.llm)
	$$(call run,translation.llm,--sentences $$< $$(sources) --target $(1) $$(server) $$(terms) $$(call written,--characters,characters.txt))
endif

ifneq ($(call each-of,$(translators),$(1).revised.json),)
$(call each-of,$(translators),$(1).revised.json): out/%/$(1).revised.json: out/%/$(1).json | $(call env,revision)
	$$(call run,revision,--translation $$< --language $(1) $$(call written,--edits,$(1).edits.tsv))
endif
endef

# Its cues as most people read them, and with sounds for people who do not hear them: $(3) is .sdh. From
# them, each format $(2) that somebody asks for.
formats := srt vtt ass ttml txt

define cue-rules
ifneq ($(call each-of,source,$(1)$(3).cues.json),)
$(call each-of,source,$(1)$(3).cues.json): out/%/$(1)$(3).cues.json: out/%/transcript.json out/%/media.json out/%/shots.json out/%/songs.json | $(call env,subtitle_generation)
	$$(call run,subtitle_generation,--transcript $$< $$(shown) --language $(1) $$(cue-profile) $$(readers)$(if $(3), --sounds $$(word 4,$$^)))
endif

ifneq ($(call each-of,$(translators),$(1)$(3).cues.json),)
$(call each-of,$(translators),$(1)$(3).cues.json): out/%/$(1)$(3).cues.json: out/%/$(1).revised.json out/%/media.json out/%/shots.json out/%/songs.json | $(call env,subtitle_generation)
	$$(call run,subtitle_generation,--translation $$< $$(shown) --language $(1) $$(cue-profile) $$(readers)$(if $(3), --sounds $$(word 4,$$^)))
endif
endef

define format-rules
ifneq ($(call each-of,source $(translators),$(1)$(3).$(2)),)
$(call each-of,source $(translators),$(1)$(3).$(2)): out/%/$(1)$(3).$(2): out/%/$(1)$(3).cues.json | $(call env,export_subtitles)
	$$(call run,export_subtitles,--cues $$< $$(cue-profile))
endif
endef

# --- whether they are fit to be shown ---------------------------------------------------------------------

define check-rules
ifneq ($(call each-of,source,$(1).qc.json),)
$(call each-of,source,$(1).qc.json): out/%/$(1).qc.json: out/%/$(1).srt out/%/media.json out/%/shots.json out/%/speech.json out/%/songs.json | $(call env,qc)
	$$(call run,qc,$$(checked) --language $(1) $$(cue-profile) $$(readers))
endif

ifneq ($(call each-of,$(translators),$(1).qc.json),)
$(call each-of,$(translators),$(1).qc.json): out/%/$(1).qc.json: out/%/$(1).srt out/%/media.json out/%/shots.json out/%/speech.json out/%/songs.json out/%/$(1).revised.json | $(call env,qc)
	$$(call run,qc,$$(checked) --translation $$(word 6,$$^) --language $(1) $$(cue-profile) $$(readers))
endif
endef

variants := plain .sdh
$(foreach language,$(languages),$(eval $(call translation-rules,$(language))))
$(foreach language,$(languages),$(foreach variant,$(variants),$(eval $(call cue-rules,$(language),,$(variant:plain=)))))
$(foreach language,$(languages),$(foreach variant,$(variants),$(foreach format,$(formats),$(eval $(call format-rules,$(language),$(format),$(variant:plain=))))))
$(foreach language,$(languages),$(eval $(call check-rules,$(language))))

# --- the film with its subtitles (and, from the plan, out/%/<language>.srt of each) ---------------------

$(call each,final.mkv): out/%/final.mkv: out/%/media.json out/%/transcript.json | $(call env,mux)
	$(call run,mux,--media $(media.$*) --info $< --transcript $(word 2,$^) $(muxed))

$(call each,final.mp4): out/%/final.mp4: out/%/media.json out/%/transcript.json | $(call env,mux)
	$(call run,mux,--media $(media.$*) --info $< --transcript $(word 2,$^) $(muxed))

# The same in the picture itself, for players that show no subtitles: out/%/<language>.ass, from the plan.
$(call each,burned.mp4): out/%/burned.mp4: out/%/media.json | $(call env,burn)
	$(call run,burn,--media $(media.$*) --info $< --subtitle $(filter %.ass,$^) --language $(first) $(if $(DEVICE),--device $(DEVICE)))

preview: | $(call env,burn)

# --- the slots ---------------------------------------------------------------------------------------------

# What is spoken: one language or two, the first of which names the files.
source = $(firstword $(SRC.$*))
# The language that is shown unasked.
first = $(firstword $(TGT.$*) $(source))
spoken = $(foreach language,$(SRC.$*),--language $(language))
sources = $(foreach language,$(SRC.$*),--source $(language))
name-of-model = $(word 2,$(subst /, ,$(model.$@)))
whisper = --engine $(backend) --model models/$(model.$@) --device $(device) --compute $(compute)
recogniser = --model models/$(model.$@) --model-name $(name-of-model) --device $(device) --compute $(compute)
aligners = $(if $(filter undefined,$(origin model.$@)),--aligner attention,$(foreach model,$(model.$@),--aligner models/$(model)))
translator = $(foreach model,$(model.$@),--model models/$(model)) --model-name $(name-of-model) --device $(torch-device)
server = --server $(call quote,$(LLM_SERVER)) --model $(call quote,$(MT_MODEL.$*))
terms = $(call written,--glossary,glossary.tsv) $(call written,--names,names.txt)
# $(call written,--names,names.txt): that file of config/films/<film>/, if a person wrote one.
written = $(if $(filter undefined,$(origin words.$@)),,$(addprefix $(1) ,$(filter %/$(2),$(words.$@))))
cue-profile = --profile $(cues.$@)
readers = --audience $(AUDIENCE.$*)
shown = --media $(word 2,$^) --shots $(word 3,$^) --songs $(SONGS.$*)
checked = --subtitles $< --media $(word 2,$^) --shots $(word 3,$^) --speech $(word 4,$^) --songs $(word 5,$^) $(foreach language,$(SRC.$*),--spoken $(language))
muxed = $(tracks) --default $(first) --gate $(or $(QC),$(gate.$*)) --closing $(call quote,$(subst final.mkv,$(@F),$(closing.$*)))
# In the order in which they stand in the film: what is asked for first, what is spoken last; sounds after without.
tracks = $(foreach language,$(TGT.$*) $(source),--subtitle $(language)=out/$*/$(language).srt $(if $(SDH.$*),--subtitle $(language).sdh=out/$*/$(language).sdh.srt) --qc out/$*/$(language).qc.json) \
  $(foreach language,$(TGT.$*),--translation out/$*/$(language).revised.json)

endif
