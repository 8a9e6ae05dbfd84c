"""What a run found, as values: verdicts with their evidence, and on what they rest."""
