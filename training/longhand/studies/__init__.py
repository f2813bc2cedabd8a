"""Small studies of longhand: other learners, transitions held out, and the smallest network."""
