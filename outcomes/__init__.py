"""What became of it: placements, surveys, alumni, targets, retention, snapshots and reports."""
