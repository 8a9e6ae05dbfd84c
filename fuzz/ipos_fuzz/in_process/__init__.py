"""A router of this process, handed frames in virtual time: no wire, no waiting, so as many as it takes."""
