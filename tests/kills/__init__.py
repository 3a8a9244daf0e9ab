"""Law 4: after a kill -9 at any point, a rerun gives the state of an undisturbed run; see test_kills.py."""
