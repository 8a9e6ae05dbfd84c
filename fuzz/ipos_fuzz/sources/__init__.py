"""Where frames come from, without any state: a quick generator for volume, strategies made from the schemas."""
