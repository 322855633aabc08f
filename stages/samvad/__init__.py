"""What the stages share: documents, the run around a stage, languages, media access."""
