"""What leaves the staff's own pages: reports on graduates, for the board, for everybody; small groups are hidden."""
