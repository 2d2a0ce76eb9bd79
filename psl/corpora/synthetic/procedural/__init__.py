"""A bank of recordings that needs no files: synthesised sounds of AudioSet classes."""
