"""ipos_defects."""
