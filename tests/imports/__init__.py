"""Imports: each source against its definition in plain loops, and what imports do to the landing folder."""
