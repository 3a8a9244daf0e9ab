"""The real commands against the simulator, judged by plain loops. Start with oracle.py."""
