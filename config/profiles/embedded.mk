# Needs nothing but the package registry. Draft quality.

# The recogniser: a Whisper under asr/ in config/models.json.
ASR_MODEL := base
# Word times: attention (the recogniser's own), wav2vec2 (by language), or a model under align/.
ALIGN_MODEL := attention
# What translates: whisper (into English only), indictrans2, transformers (the same weights, the
# reference) or llm (a language model on LLM_SERVER).
TRANSLATOR := whisper
# IndicTrans2's weights, a model under mt/ in config/models.json; or the name of llm's model on its server.
MT_MODEL :=
# Subtitles that the checks refuse (config/cues/): warn, or refuse to make the film. Draft quality is not held up.
GATE := warn
# Said when a film is finished; % is the film.
CLOSING := Draft quality; for release quality type: make out/%/final.mkv PROFILE=standard
