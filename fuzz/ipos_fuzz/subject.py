"""A valid frame laid open for mutation: its fields and their places, and how its checksum follows a change."""

from dataclasses import dataclass
from functools import cached_property

from ipos_spec import decode
from ipos_spec.checksum import internet_checksum, ones_complement_sum
from ipos_spec.encapsulation import EncapsulationHeader
from ipos_spec.ethernet import EthernetHeader
from ipos_spec.fields import Field, layout, size_of
from ipos_spec.packets import ClientPacket, Packet, TcpConnectionPacket

HEADER = size_of(EthernetHeader)
INNER = HEADER + size_of(EncapsulationHeader)
"""Offset of what follows both headers: connection information, or the client's IP packet."""

CHECKSUM = INNER - 2


@dataclass(frozen=True)
class Subject:
    """A frame that `decode` accepts, and the packet that it is."""

    frame: bytes
    packet: Packet

    @classmethod
    def of(cls, frame: bytes) -> "Subject":
        """Take a frame. Raises ipos_spec.DecodeError unless it is valid: a mutant needs a right original."""
        return cls(frame, decode(frame))

    @cached_property
    def fields(self) -> dict[str, Field]:
        """All fields of fixed size, by path."""
        return {field.path: field for field in layout(type(self.packet))}

    @property
    def meant_length(self) -> int:
        """Octets without the padding."""
        return len(self.frame) - len(self.packet.padding)

    @property
    def covered_end(self) -> int:
        """Where the octets end that the ipOS checksum covers (ENC-6)."""
        return size_of(type(self.packet))

    @property
    def carries_client_packet(self) -> bool:
        """Whether it is of type 2."""
        return isinstance(self.packet, ClientPacket)

    @property
    def carries_control_block(self) -> bool:
        """Whether it is a TCP connection packet."""
        return isinstance(self.packet, TcpConnectionPacket)

    def put(self, offset: int, octets: bytes) -> bytes:
        """The frame with other octets at an offset, the checksum as it was."""
        return self.frame[:offset] + octets + self.frame[offset + len(octets) :]

    def put_repaired(self, offset: int, octets: bytes) -> bytes:
        """The same with the ipOS checksum carried along (as RFC 1624 does, so also for acknowledgements)."""
        frame = self.put(offset, octets)
        hidden = 0xFFFF - ones_complement_sum(self.frame[HEADER : self.covered_end])
        visible = frame[HEADER:CHECKSUM] + bytes(2) + frame[INNER : self.covered_end]
        checksum = internet_checksum(visible + hidden.to_bytes(2, "big"))
        return frame[:CHECKSUM] + checksum.to_bytes(2, "big") + frame[INNER:]

    def put_field(self, path: str, value: int) -> bytes:
        """The frame with another number in a field, the checksum carried along."""
        field = self.fields[path]
        return self.put_repaired(field.offset, value.to_bytes(field.size, "big"))

    def put_inner(self, offset: int, octets: bytes) -> bytes:
        """A type 2 frame with other octets in the client's packet, its IPv4 header checksum made right."""
        frame = self.put(INNER + offset, octets)
        length = max((self.frame[INNER] & 0xF) * 4, 20)
        header = frame[INNER : INNER + 10] + bytes(2) + frame[INNER + 12 : INNER + length]
        return frame[: INNER + 10] + internet_checksum(header).to_bytes(2, "big") + frame[INNER + 12 :]
