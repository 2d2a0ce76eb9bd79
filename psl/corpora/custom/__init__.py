"""A person's own recordings and labels, checked as a whole and written as a corpus that every stage takes."""
