"""Law 4: after a kill -9 at any point, running again ends where an undisturbed run ends; see test_kills.py."""
