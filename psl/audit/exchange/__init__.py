"""The queue in formats of other programs, one file each, to review it there and to read the decisions back.

Each has `write(folder, record)`, and `read(path, record, by)`, which gives the decisions of one file that the program
saved; `SUFFIX` ends the names of these files. `by` is who decided where the file does not say so.
"""
