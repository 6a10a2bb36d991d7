"""What is asked of learners and graduates, and recorded about them: intent, check-ins, placements, salaries."""
