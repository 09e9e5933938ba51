"""The words and rules of dfctl: values and pure functions, no I/O and no clock."""
