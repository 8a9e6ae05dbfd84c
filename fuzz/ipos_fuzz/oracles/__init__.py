"""What says that a target went wrong: each oracle looks at one side of it."""
