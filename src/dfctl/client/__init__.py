"""Sending requests, starting and following runs: the only user of httpx."""
