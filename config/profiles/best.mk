# As standard, with the largest models: a GPU or patience.
ASR_MODEL := large-v3
ALIGN_MODEL := wav2vec2
TRANSLATOR := indictrans2
MT_MODEL := indictrans2-1b
# Subtitles that the checks refuse (config/cues/): warn, or refuse to make the film.
GATE := refuse
# Said when a film is finished; % is the film.
CLOSING := Machine-made: have a person read them before release
