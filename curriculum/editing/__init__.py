"""Changing a draft, one recorded step at a time.

`draft` is the tree in memory under its lock, `steps` records what changed and takes it back, and the rest changes it:
`content` what a node says, `shape` which nodes there are and where, `sharing` how hours are shared out.
"""
