"""Detection in time: scores on a grid of seconds, smoothed, held against the truth's onsets and offsets."""
