"""Features on disk: written, read, their clips' status, and the clips that are left out."""
