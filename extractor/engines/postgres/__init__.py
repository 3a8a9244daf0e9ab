"""The PostgreSQL engine: several machines can load, and readers always see one complete published state."""
