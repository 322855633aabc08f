# Commands about films that make nothing themselves: what is there, what would run, what is forgotten.
#
# Each is a script of its own beside this file. They change results only by taking some away.

##@ Films

# A file's name is data: it goes through the environment, past Make and every shell.
export FILE DEST AT

.PHONY: import films settings edits review qc sidecars why accept clean-stage clean tidy
import: ## FILE=… takes a film of any name into media/, by a link; with SRC=… TGT=… recorded for it
	@$(PYTHON) mk/import_film.py $(settings-given)
films: ## every film: what is made of it, what is due, what cannot be reached
	@$(PYTHON) mk/list_films.py
settings: ## MOVIE=… its settings, and who said so
	@$(PYTHON) mk/show_settings.py $(call quote,$(MOVIE)) $(settings-given)
edits: ## MOVIE=… a table in which a person corrects what was recognised; with TGT=en, what was translated
	@$(PYTHON) mk/edits.py $(call quote,$(MOVIE)) $(call quote,$(if $(call on-command-line,TGT),$(TGT)))
review: ## MOVIE=… what of its translations a person should look at
	@$(PYTHON) mk/review.py $(call quote,$(MOVIE))
qc: ## FILE=… [MOVIE=…] [TGT=en] what the rules for subtitles say of any file of them; MOVIE=… alone: of the film's own
	@$(PYTHON) mk/qc.py $(call quote,$(MOVIE)) $(settings-given)
sidecars: ## MOVIE=… [DEST=…] its subtitles beside it, under the names that media servers look for
	@$(PYTHON) mk/sidecars.py $(call quote,$(MOVIE))
why: ## MOVIE=… what would run, and because of which change
	@$(PYTHON) mk/why.py $(call quote,$(MOVIE)) $(call quote,$(WORKFLOW)) $(settings-given)
accept: ## STAGE=… [MOVIE=…] its results stand, whatever changed in code or locks
	@$(PYTHON) mk/accept.py $(call quote,$(STAGE)) $(call quote,$(MOVIE))
clean-stage: ## STAGE=… [MOVIE=…] forgets one stage; the next run redoes it and what follows
	@$(PYTHON) mk/forget.py stage $(call quote,$(STAGE)) $(call quote,$(MOVIE))
clean: ## MOVIE=… removes what was made of a film; its settings stay
	@$(PYTHON) mk/forget.py film $(call quote,$(MOVIE))
tidy: ## [MOVIE=…] drops large intermediates of finished films, which stay finished
	@$(PYTHON) mk/forget.py large $(call quote,$(MOVIE))
