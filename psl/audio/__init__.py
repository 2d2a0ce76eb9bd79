"""Audio: search, decode, hash and write it."""
