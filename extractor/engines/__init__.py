"""The database engines: how each loads, builds and publishes."""
