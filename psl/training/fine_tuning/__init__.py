"""Fine-tuning of a trained network on another set: a new head, random crops, learning rates of its parts."""
