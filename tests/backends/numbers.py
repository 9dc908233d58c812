"""What the relation ``features.numbers`` of these tests has."""

ROWS = 3000
