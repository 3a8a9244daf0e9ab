"""Import histories that others have kept: read them as neutral rows, judge their reads, write landing files."""
