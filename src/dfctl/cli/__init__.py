"""The commands: gather, act, show."""
