"""Benchmarks: what a page or job takes against the least that the same work could take, measured in the same run.

make bench                    all of them
make bench ARGS="pages"       one group
"""
