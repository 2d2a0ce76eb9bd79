"""Training of a network on windows: schedule, checkpoints, validation, loop, one file each."""
