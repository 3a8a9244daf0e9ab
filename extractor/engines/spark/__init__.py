"""The Spark engine: it reads the landing files in place, and analysts read the Parquet files that it writes."""
