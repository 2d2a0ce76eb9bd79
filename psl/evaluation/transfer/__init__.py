"""Transfer: fine-tuned models are scored on the test clips of another set, and compared there."""
