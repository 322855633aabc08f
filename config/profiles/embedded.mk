# Needs nothing but the package registry. Draft quality.
ASR_MODEL := base
ALIGN_MODEL := attention
TRANSLATOR := whisper
MT_MODEL :=
# Said when a film is finished; % is the film.
CLOSING := Draft quality; for release quality type: make out/%/final.mkv PROFILE=standard
