"""Features on disk: `store` reads and writes them, `shards` is the cache of what was computed, `extract` makes a corpus."""
