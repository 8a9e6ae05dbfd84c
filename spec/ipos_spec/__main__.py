"""`python -m ipos_spec` is ipos-spec."""

from ipos_spec.cli import main

if __name__ == "__main__":
    main()
