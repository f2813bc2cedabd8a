"""Score files of expressions: read lines and tables, evaluate them, and write the results."""
