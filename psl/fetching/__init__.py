"""Published corpora over HTTP: what each is made of, fetched with resume and checksums, unpacked inside its folder only."""
