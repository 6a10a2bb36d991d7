"""What is kept of numbers: snapshots and their trends, what became untrue since, and what today's are made of."""
