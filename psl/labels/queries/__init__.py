"""`psl labels`: questions to the label store, each with one SQL query that docs/label_store.md shows, too."""
