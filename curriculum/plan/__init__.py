"""A curriculum plan: what it says (`nodes`), and how it is read from Markdown (`markdown`, a module for each part)."""
