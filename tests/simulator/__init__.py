"""Tests of the simulated Spotify."""
