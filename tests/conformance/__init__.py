"""Histories that any tool for playlist membership can be held to, and the proof that this one is. See README.md."""
