"""Configuration: config.yaml, its endpoints, and the watch list."""
