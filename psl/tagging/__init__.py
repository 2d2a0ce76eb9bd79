"""Tags for files of any length: scores of windows, labels or events, in the formats that people's tools read."""
