"""Alternatives to this project that keep which track was in which playlist and when, or read Spotify."""
