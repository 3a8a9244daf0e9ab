"""Invented names; any resemblance to real ones is accidental."""

from random import Random

GIVEN = (
    "Alenka", "Bram", "Cosima", "Dario", "Elvi", "Fintan", "Greta", "Hollis", "Ilmari", "Jorun",
    "Kestrel", "Lumi", "Maren", "Nerys", "Odo", "Petra", "Quill", "Runa", "Sorrel", "Tamsin",
)  # fmt: skip
FAMILY = (
    "Abelard", "Brockway", "Castellin", "Dunmarrow", "Eskelund", "Farrowby", "Gantry", "Hollowell", "Ingersund",
    "Jasperling", "Kettleby", "Larkensen", "Mossgrave", "Nightsprout", "Ostrander", "Pennywater", "Quarrington",
)  # fmt: skip
BAND_FIRST = (
    "Amber", "Borrowed", "Copper", "Drowsy", "Eleventh", "Folding", "Gentle", "Hidden", "Indigo", "Jolly",
    "Knitted", "Lantern", "Minor", "Northbound", "Opal", "Postal",
)  # fmt: skip
BAND_LAST = (
    "Almanac", "Bicycles", "Cartographers", "Diplomats", "Elevators", "Ferrymen", "Gazette", "Herons", "Inventors",
    "Kiosk", "Librarians", "Meridian", "Orchardists", "Pigeons", "Surveyors", "Weathervanes",
)  # fmt: skip
TITLE_FIRST = (
    "Afternoon", "Backyard", "Cardboard", "Distant", "Electric", "Fading", "Glass", "Half-Open", "Inland", "January",
    "Kitchen", "Lukewarm", "Midweek", "Nearly", "Offshore", "Paper", "Quiet", "Rented", "Slow", "Tangerine",
    "Unsent", "Velvet", "Wooden", "Yellow", "Zigzag",
)  # fmt: skip
TITLE_LAST = (
    "Accordions", "Balconies", "Carousel", "Departures", "Embers", "Footbridge", "Gravel", "Harbours", "Interlude",
    "Junction", "Kites", "Laundry", "Meadow", "Neighbours", "Orbit", "Pavements", "Quarry", "Radiators", "Staircase",
    "Telegrams", "Umbrellas", "Voicemail", "Windowsill", "Yardlight",
)  # fmt: skip
SHOWS = ("The Unhurried Hour", "Maps Without Towns", "Small Weather", "Two Chairs and a Kettle")


def artist_name(randomness: Random) -> str:
    """Return the name of a person or a band."""
    if randomness.random() < 0.5:
        return f"{randomness.choice(GIVEN)} {randomness.choice(FAMILY)}"
    return f"The {randomness.choice(BAND_FIRST)} {randomness.choice(BAND_LAST)}"


def title(randomness: Random) -> str:
    """Return the name of a track or an album."""
    return f"{randomness.choice(TITLE_FIRST)} {randomness.choice(TITLE_LAST)}"


def show_name(randomness: Random) -> str:
    """Return the name of a podcast."""
    return randomness.choice(SHOWS)
