"""What a program takes: the plan's estimate, and what was spent and who worked."""
