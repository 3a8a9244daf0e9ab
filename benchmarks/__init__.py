"""Benchmarks: cost compared with a plain-SQL floor and with peers, and as the history grows."""
