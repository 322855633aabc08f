# What may be given on the command line, what it means, and how it is taken in.

# --- film settings: recorded for the films named as goals, part of the keys ------------------------
film-settings := SRC TGT PROFILE ASR_MODEL ALIGN_MODEL MT_MODEL TRANSLATOR CUES AUDIENCE SONGS USE_SUBS SDH FINAL TRACK CHANNEL VAD_THRESHOLD VAD_PADDING
run-options := V JOBS HEAVY_JOBS OFFLINE ASR_BACKEND DEVICE COMPUTE LLM_SERVER QC
user-variables := $(film-settings) $(run-options) MOVIE FILE DEST AT STAGE ENV CMD WORKFLOW CONFIRM PYTEST

on-command-line = $(filter command override,$(firstword $(origin $(1))))
# Everybody on this machine can read what stands on a command line.
secrets := HF_TOKEN LLM_API_KEY
$(foreach v,$(secrets),$(if $(call on-command-line,$(v)),$(error $(v) is a secret, and a command line can be read by all users of this machine. Type: export $(v)=…)))
# A misspelt variable would be passed over in silence; and its value is not ours to expand.
unknown := $(strip $(foreach v,$(filter-out $(user-variables) PYTHON,$(.VARIABLES)),$(if $(filter command,$(firstword $(origin $(v)))),$(v))))
ifneq ($(unknown),)
  $(error unknown variable $(firstword $(unknown)). Known: $(user-variables))
endif

# A value is data. `$(value …)` is its text unexpanded, kept so for good: `SRC='$(shell …)'` runs
# nothing. First of all, since newer Makes hand every variable to whatever $(shell) starts.
$(foreach v,$(user-variables),$(if $(call on-command-line,$(v)),$(eval override $(v) := $$(value $(v)))))
# Make would take the second line of a recipe for a command of its own. Names of files never get there.
define newline


endef
$(foreach v,$(filter-out FILE DEST AT,$(user-variables)),$(if $(call on-command-line,$(v)),$(if $(findstring $(newline),$($(v))),$(error $(v) has a line break in it))))

# --- run options: neither recorded nor part of a key -----------------------------------------------

# V=1 shows the commands.
V :=
# How many recipes `make batch` runs at once.
JOBS := $(or $(shell getconf _NPROCESSORS_ONLN 2>/dev/null),2)
# How many stages with a large model run at once in this workspace.
HEAVY_JOBS := 1
# OFFLINE=1 never touches the network and says what is missing.
OFFLINE :=
# mlx or whisperx; empty: as this machine has it, see `make hardware`.
ASR_BACKEND :=
# cpu, cuda or gpu (mlx); empty: what is found.
DEVICE :=
# int8, float16 or float32; empty: what suits the device.
COMPUTE :=
# Where the language model of TRANSLATOR=llm answers; its key, if it wants one, in the environment: LLM_API_KEY.
LLM_SERVER := http://localhost:8080/v1

# warn: a film with subtitles that the checks refuse is made all the same; refuse: it is not. Empty: as the profile says.
QC :=

# --- what a command is about -----------------------------------------------------------------------

# The film, by the name of its file in media/.
MOVIE :=
# A file of any name and anywhere: the film for import, subtitles for qc.
FILE :=
# Where sidecars puts subtitles; empty: beside the film.
DEST :=
# A moment of the film, for preview: 00:12:30, or seconds.
AT :=
# A stage of mk/stages.mk.
STAGE :=
# An environment.
ENV :=
# A command for run-in.
CMD :=
# What to give to pytest: PYTEST="-k demo".
PYTEST :=
# transcribe, translate or subtitle.
WORKFLOW := subtitle
# CONFIRM=1: batch may repeat finished recognition and translation because of code or a lock alone.
CONFIRM :=

-include config/local.mk

# The Python that Make itself uses (3.9 or later); the stages have their own.
PYTHON := python3

# Settings from the environment are none: only what stands on the command line counts.
given := $(foreach v,$(film-settings),$(if $(call on-command-line,$(v)),$(v)))
settings-given = $(foreach v,$(given),$(call quote,$(v)=$($(v))))
options-given = $(foreach v,$(run-options),$(if $(call on-command-line,$(v)),$(call quote,$(v)=$($(v)))))

# $(call not-among,NAME,a b c): "no" unless the variable is empty or one of the words.
not-among = $(if $(filter 0 1,$(words $($(1)))),$(if $(findstring %,$($(1))),no,$(if $($(1)),$(if $(filter $($(1)),$(2)),,no))),no)
# $(call not-a-number,NAME): what is left of the value without its digits, or "no" for 0, nothing or several.
digits := 0 1 2 3 4 5 6 7 8 9
without = $(if $(1),$(call without,$(wordlist 2,10,$(1)),$(subst $(firstword $(1)),,$(2))),$(2))
not-a-number = $(if $(filter 1,$(words $($(1)))),$(if $(filter 0,$($(1))),no,$(call without,$(digits),$($(1)))),no)
$(if $(call not-among,OFFLINE,1),$(error OFFLINE is 1 or empty))
$(if $(call not-among,CONFIRM,1),$(error CONFIRM is 1 or empty))
$(if $(call not-among,QC,warn refuse),$(error QC is warn or refuse))
$(if $(call not-among,DEVICE,cpu cuda gpu),$(error unknown DEVICE. Known: cpu cuda gpu))
$(if $(call not-among,COMPUTE,int8 float16 float32 int8_float16 bfloat16),$(error unknown COMPUTE. Known: int8 float16 float32 int8_float16 bfloat16))
is-address = $(and $(filter 1,$(words $(1))),$(filter http://% https://%,$(1)),$(if $(findstring @,$(1)),,yes))
$(if $(call is-address,$(LLM_SERVER)),,$(error LLM_SERVER is the address of a server, without name or password: http://localhost:8080/v1))
$(if $(call not-a-number,JOBS),$(error JOBS is a number: 1, 2, …))
$(if $(call not-a-number,HEAVY_JOBS),$(error HEAVY_JOBS is a number: 1, 2, …))

# One shell word, whatever the text holds.
quote = '$(subst ','\'',$(1))'
empty :=
_ := $(empty) $(empty)
quiet := $(if $(filter 1,$(V)),,@)

# The stages see no other Python's packages, no hub unless they fetch, and the same hashes each time.
unexport PYTHONPATH PYTHONHOME PYTHONSTARTUP VIRTUAL_ENV
export PYTHONNOUSERSITE := 1
export PYTHONHASHSEED := 0
export HF_HUB_OFFLINE := 1
export HF_HUB_DISABLE_TELEMETRY := 1
export TOKENIZERS_PARALLELISM := false
export HEAVY_JOBS
export OFFLINE
