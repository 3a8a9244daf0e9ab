"""Read and write the landing folder: the responses of each day, and the caches beside them."""
