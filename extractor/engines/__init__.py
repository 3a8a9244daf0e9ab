"""Engines that tables live in: how each loads, builds and publishes."""
