"""Log-mel features: the front end, and their extraction for a corpus."""
