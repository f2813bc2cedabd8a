"""HTML for notebooks and reports: markup in which every text is escaped, and its styles."""
