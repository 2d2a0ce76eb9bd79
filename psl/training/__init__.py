"""Training: the engine that trains a network on windows, augmentations, samplers, and fine-tuning."""
