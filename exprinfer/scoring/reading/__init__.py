"""Read files of expressions: find them, detect how they are written, yield blocks of rows."""
