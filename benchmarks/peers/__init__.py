"""What else one could use: keeps which track was in which list, and when; or reads Spotify."""
