"""Spark as the engine: it reads the landing files where they are, and analysts read the Parquet files it writes."""
