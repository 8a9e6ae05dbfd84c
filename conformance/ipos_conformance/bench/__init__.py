"""How the suite stands on a machine: its network, its sockets, the target's process, and whether all that was well."""
