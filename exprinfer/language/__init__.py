"""What an expression is: its symbols, its grammar, and the check of a batch of texts."""
