"""Spotify over HTTP, and nothing else."""
