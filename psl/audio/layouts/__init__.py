"""Where the sound lies in an audio file, read from the file's own structure where its header cannot be relied on."""
