"""Tables, pictures, and one page that holds everything."""
