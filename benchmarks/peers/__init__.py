"""What else one could use: each takes a day's landing file, and tells which track was in which list, and when."""
