# Needs nothing but the package registry. Draft quality.
ASR_MODEL := base
ALIGN_MODEL := attention
TRANSLATOR := whisper
MT_MODEL :=
