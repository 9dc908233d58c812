"""The report: one HTML page on a warehouse, and the leaderboard as a picture."""
