"""Tests as SQLite's: the n-th write, fsync, rename or statement fails, or the process is killed there, for every n."""
