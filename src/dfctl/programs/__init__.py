"""The user's own programs that dfctl starts: to tell them something, or to ask them for a key."""
