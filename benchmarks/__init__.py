"""What this project costs: against the floor, against its peers, and as its history grows."""
