"""ipos_fuzz."""
