"""The real commands against the simulator, compared with plain loops. Start with oracle.py."""
