"""The states of longhand, inferred without being given; ways that failed are here too."""
