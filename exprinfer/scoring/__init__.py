"""Files of expressions: lines and tables in, results out, whole or not at all."""
