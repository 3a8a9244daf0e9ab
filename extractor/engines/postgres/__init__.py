"""PostgreSQL as the engine: many may load at once, and readers see one published state after the other."""
