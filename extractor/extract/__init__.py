"""Extraction: request a day from Spotify and land the responses."""
