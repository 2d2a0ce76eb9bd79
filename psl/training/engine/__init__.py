"""The training of one network: data, steps, validation, checkpoints, over one process or several."""
