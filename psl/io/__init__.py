"""The files that stages hand to each other: their schemas, atomic writes, hashes, and whole numbers for seconds."""
