"""An ipOS router: a sans-I/O core, and the drivers that run it on Linux."""
