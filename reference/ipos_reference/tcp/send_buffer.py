"""What the application wrote and the client has not acknowledged yet."""

from dataclasses import dataclass, field

from ipos_reference.tcp.sequence import add, difference


@dataclass(slots=True)
class SendBuffer:
    """Octets from sequence number ``start`` on, at most ``capacity`` of them."""

    start: int
    capacity: int
    _octets: bytearray = field(default_factory=bytearray)

    def __len__(self) -> int:
        return len(self._octets)

    @property
    def end(self) -> int:
        """Sequence number after the last octet: the FIN's, if there is one."""
        return add(self.start, len(self._octets))

    @property
    def room(self) -> int:
        """How many octets can be appended."""
        return max(0, self.capacity - len(self._octets))

    def append(self, octets: bytes) -> int:
        """Take as many octets as there is room for; returns how many."""
        taken = octets[: self.room]
        self._octets += taken
        return len(taken)

    def octets(self, seq: int, length: int) -> bytes:
        """Up to length octets from sequence number seq on."""
        offset = difference(seq, self.start)
        return bytes(self._octets[offset : offset + length])

    def release(self, seq: int) -> None:
        """Forget everything before seq (numbers beyond the end belong to a FIN)."""
        count = min(difference(seq, self.start), len(self._octets))
        if count > 0:
            del self._octets[:count]
            self.start = add(self.start, count)
