"""Numbers as people see them: cards, charts, explanations, exports."""
