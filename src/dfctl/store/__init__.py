"""What is kept on this machine: configuration and keys."""
