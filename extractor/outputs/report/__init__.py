"""The report: one page, made from the published file."""
