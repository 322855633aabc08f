# Needs nothing but the package registry. Draft quality.

# The recogniser: a Whisper under asr/ in config/models.json.
ASR_MODEL := base
# Word times: attention (the recogniser's own), wav2vec2 (by language), or a model under align/.
ALIGN_MODEL := attention
# What translates: whisper (into English only) or indictrans2.
TRANSLATOR := whisper
# IndicTrans2's weights: a model under mt/ in config/models.json.
MT_MODEL :=
# Said when a film is finished; % is the film.
CLOSING := Draft quality; for release quality type: make out/%/final.mkv PROFILE=standard
