# What holds for a film unless its profile, its record, config/films/<slug>/settings.mk or the
# command line says otherwise. Plain `NAME := value` lines: mk/workspace/ reads them too.

# The language spoken in the film, or two, the first of which names the files: SRC="hi en". There is no
# default: `make detect MOVIE=…` listens.
SRC :=
# The languages of the subtitles, the first of them shown by default.
TGT := en
# Which models: config/profiles/<name>.mk.
PROFILE := embedded
# The rules for cues: config/cues/<name>.toml, or <name>-<language>.toml of the same folder.
CUES := plain
# Who reads them: adult or children, who are given more time.
AUDIENCE := adult
# What is sung: keep it as ♪ … ♪, drop it from the subtitles, or transcribe it like all else.
SONGS := keep
# The subtitles that a film comes with, inside it or beside it: source, those in the language spoken are its
# transcript; skip, a film that has those of TGT is left alone; empty, they are reported, and the film is heard.
USE_SUBS :=
# SDH=1: the new film has subtitles with sounds too, for people who do not hear them.
SDH :=
# The new film's container: mkv, or mp4 for a film that is one.
FINAL := mkv
# The audio stream to listen to, by its number among the audio streams; empty: chosen by language.
TRACK :=
# What of the stream: centre, left or right; empty: all channels mixed.
CHANNEL :=
# How sure the detector must be that somebody speaks, 0 to 1: lower finds more, and joins lines that pauses part.
VAD_THRESHOLD := 0.4
# Seconds of sound kept around what is spoken, 0 to 2: a whispered beginning needs it.
VAD_PADDING := 0.4
