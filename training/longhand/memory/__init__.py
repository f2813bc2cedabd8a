"""The states of longhand, inferred without being given; and tries that failed (``study``)."""
