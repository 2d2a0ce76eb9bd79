"""Transfer: a model's weights are fine-tuned on another set, scored on its test clips, and compared with other models' there."""
