"""The report on a run: what it collects on the way, and the page that shows it."""
