"""What cases have in common (ISO 9646 calls it test steps): what a target does in a role, in the protocol's words."""
