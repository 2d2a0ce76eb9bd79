"""Audio classification models of the library transformers: where they come from, what they say, how they compute."""
