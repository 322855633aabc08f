# Which recogniser suits this machine, and on what it runs.
#
#   Apple Silicon   mlx, on the Apple GPU
#   all else        whisperx: on CUDA where an NVIDIA driver answers, else on the CPU with int8
#
# ASR_BACKEND=mlx works on Linux too, on MLX's CPU build: slow, but the same recipe.

machine := $(shell uname -sm)
apple-silicon := $(filter Darwin-arm64,$(subst $(_),-,$(machine)))

ifeq ($(ASR_BACKEND),)
  backend := $(if $(apple-silicon),mlx,whisperx)
  backend-reason := $(if $(apple-silicon),Apple Silicon has MLX,no Apple Silicon)
else
  backend := $(ASR_BACKEND)
  backend-reason := ASR_BACKEND says so
endif
ifeq ($(filter whisperx mlx,$(backend)),)
  $(error unknown ASR_BACKEND '$(ASR_BACKEND)'. Known: whisperx mlx)
endif

# Asked only when a recipe is about to run, and then once: the driver takes its time to answer.
cuda = $(eval cuda := $$(shell nvidia-smi -L >/dev/null 2>&1 && echo yes))$(cuda)
device-found = $(if $(filter mlx,$(backend)),$(if $(apple-silicon),gpu,cpu),$(if $(cuda),cuda,cpu))
device = $(if $(DEVICE),$(DEVICE),$(device-found))
compute-found = $(if $(filter mlx,$(backend)),float16,$(if $(filter cuda,$(device)),float16,int8))
compute = $(if $(COMPUTE),$(COMPUTE),$(compute-found))
# Translation by IndicTrans2 runs in PyTorch whichever recogniser was chosen.
torch-device = $(if $(filter cuda cpu,$(DEVICE)),$(DEVICE),$(if $(cuda),cuda,cpu))

# The keys and the run records need the choice too.
export SAMVAD_BACKEND := $(backend)

.PHONY: hardware
hardware: ## what was found, what was chosen and why
	@printf '%s\n' \
	  'machine      $(machine)' \
	  'NVIDIA       $(if $(cuda),a driver answers,no driver answers)' \
	  'recogniser   $(backend) ($(backend-reason))' \
	  'device       $(device) ($(if $(DEVICE),DEVICE says so,$(if $(filter cpu,$(device)),no GPU for $(backend) here,found)))' \
	  'compute      $(compute) ($(if $(COMPUTE),COMPUTE says so,the usual one on $(device)))'
