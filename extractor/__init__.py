"""The thin Python: ask Spotify, land the answers, load them. What they mean is decided in SQL."""

__version__ = "0.2.0"
