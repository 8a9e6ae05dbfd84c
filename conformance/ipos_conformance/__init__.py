"""ipos_conformance."""
