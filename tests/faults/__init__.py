"""Fault injection as in SQLite's tests: the n-th system call or statement fails, or the process is killed there."""
