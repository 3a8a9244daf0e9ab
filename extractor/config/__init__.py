"""What the user says: config.yaml, endpoints, watch-lists."""
