"""ipos_reference."""
