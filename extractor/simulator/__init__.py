"""A simulator of the part of the Spotify Web API that this project reads. See README.md beside this file."""
