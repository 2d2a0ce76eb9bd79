"""The report: a table for the README, pictures, and one page that holds everything."""
