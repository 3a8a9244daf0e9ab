"""What changed in the playlists: read from the published tables, and shown in several formats."""
