"""Two commits' models compared, from what git and DVC's cache hold of them."""
