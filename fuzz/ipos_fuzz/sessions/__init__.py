"""Sessions: sequences of protocol events, each in the state in which the ones before have left the target."""
