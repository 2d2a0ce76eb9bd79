"""Downloads published corpora over HTTP, with resume and checksums, and unpacks them safely."""
