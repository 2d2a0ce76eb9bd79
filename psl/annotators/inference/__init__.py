"""Inference: clips and windows scored in batches, and a whole corpus labelled in shards."""
