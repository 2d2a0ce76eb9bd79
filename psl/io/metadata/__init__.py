"""What the stage metadata writes: the manifest of clips, the classes, the subsets and how they are split."""
