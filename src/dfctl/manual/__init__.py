"""What is written about the command line: completions, man pages, the command reference."""
