"""Tests of the published functions, by plain loops over what the simulated world held and what was read of it."""
