"""What CI systems are told beside the log: annotations, outputs for later steps, a summary."""
