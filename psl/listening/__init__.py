"""Windows of recordings to hear and see on an offline page: small sounds, spectrograms and their player."""
