"""What the lab's servers run beside nginx: small programs, each a process that its server's router starts."""
