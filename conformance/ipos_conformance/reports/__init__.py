"""Reports for people, made of a results file alone."""
