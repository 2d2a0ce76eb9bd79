"""Published corpora: how their lists, classes and ontologies are read and become metadata."""
