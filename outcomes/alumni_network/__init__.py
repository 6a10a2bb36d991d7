"""Graduates among themselves: pathways, the directory, offers to mentor."""
