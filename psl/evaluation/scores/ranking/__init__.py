"""Average precision, AUC and ranks of labels: what the metrics are made of, and validation in training."""
