"""The stage that computes features from audio: shards in parallel into a cache, then the final files from the cache."""
