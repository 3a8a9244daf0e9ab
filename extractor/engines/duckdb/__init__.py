"""The DuckDB engine: one file for raw answers, one for the warehouse, one that analysts open."""
