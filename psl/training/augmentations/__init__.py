"""Augmentations of training batches, one file each: its `build(*, ...)` makes one, its keywords are the options."""
