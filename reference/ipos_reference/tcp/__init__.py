"""A user-space TCP endpoint for passive opens (RFC 9293), sans-I/O: segments and times go in, segments come out.

Subjects: ``segment`` and ``options`` are the wire; ``connection`` is the state; ``acceptability`` judges a segment,
``arrival`` and ``acknowledgment`` take it in; ``transmit`` alone decides what goes out; ``expiry`` is what timers do;
``congestion`` says how much may be in flight, ``recovery`` with its ``scoreboard`` what is repeated after a loss;
``snapshot`` turns a connection into a control block and back; ``endpoint`` is the door to all of it.
"""
