"""The process that a command runs in: what it inherits, hears, keeps to itself and leaves."""
