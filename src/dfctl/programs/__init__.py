"""The user's own programs that dfctl starts to tell them something."""
