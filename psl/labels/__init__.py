"""Labels: the store for queries, counts, and the recovery of missing labels."""
