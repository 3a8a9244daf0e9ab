"""The landing folder, and nothing else."""
