"""A day asked of Spotify and landed."""
