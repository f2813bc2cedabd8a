"""The teacher as a transition table, and the proof that the shipped file is equivalent to it."""
