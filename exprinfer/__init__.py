"""Neural networks that read an integer arithmetic expression and write its value."""
