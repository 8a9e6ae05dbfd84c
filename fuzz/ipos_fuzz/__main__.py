"""`python -m ipos_fuzz` is ipos-fuzz."""

from ipos_fuzz.cli import main

if __name__ == "__main__":
    main()
