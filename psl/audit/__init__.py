"""Listen to labels before any training: where an annotator contradicts them, and what a person decides about it."""
