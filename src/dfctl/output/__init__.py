"""What the user sees: the only user of Rich."""
