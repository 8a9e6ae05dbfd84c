"""What a vector finds: the bug behind a wrong answer."""

from enum import Enum, StrEnum


class BugType(StrEnum):
    """The kind of bug."""

    BASIC = "nothing works"
    BYTE_ORDER = "byte order"
    NUMBER = "range of numbers"
    OVERREAD = "reads behind the end"
    MISSING_CHECK = "missing check"
    WRONG_CHECK = "wrong check"
    TOO_STRICT = "refuses what is right"
    LAYOUT = "wrong layout"


_B = BugType


class Flag(Enum):
    """A bug: its kind, what a reader (or the sender of such a frame) that has it does, and what that violates."""

    def __init__(self, bug: BugType, description: str, *requirements: str) -> None:
        self.bug = bug
        self.description = description
        self.requirements = requirements

    @property
    def title(self) -> str:
        """How it is called in JSON and on the command line, such as LittleEndian."""
        return self.name.title().replace("_", "")

    EXAMPLE = _B.BASIC, "An ordinary packet is not read, or not as what it is.", "ENC-1"
    FIELD_BOUNDARY = (
        _B.NUMBER,
        "The least or largest value of a field is cut off, or taken for a sign of something.",
        "ENC-1",
    )
    SIGNED_NUMBER = _B.NUMBER, "Numbers with the highest bit set are read as negative.", "ENC-1"
    LITTLE_ENDIAN = (
        _B.BYTE_ORDER,
        "Numbers are read or written in the machine's byte order, not the network's.",
        "ENC-1",
    )
    NAMED_VALUE = _B.MISSING_CHECK, "A number that has a name is not known.", "ENC-4", "ENC-5"
    FLAG_BIT = _B.LAYOUT, "A bit of a field of flags is read from another place.", "ENC-1"
    UNKNOWN_FLAG_BIT = _B.TOO_STRICT, "A bit without a name is refused, or lost.", "ENC-1"
    RULE_BOUNDARY = (
        _B.WRONG_CHECK,
        "A bound is compared by < instead of <=, so its last right value is refused.",
        "TCB-2",
        "ENC-13",
    )
    OUT_OF_RANGE = _B.MISSING_CHECK, "A number that no router can work with is passed on unmarked.", "TCB-2", "ENC-13"
    NOT_UNICAST = _B.MISSING_CHECK, "An address that can't be one host's is taken for a host's.", "ENC-13"
    GROUP_ADDRESS = (
        _B.MISSING_CHECK,
        "A frame to or from a group of stations is taken for one between routers.",
        "ENC-12",
        "ENC-13",
    )
    UNEQUAL = _B.MISSING_CHECK, "A connection that is not quiescent is continued, and octets are lost.", "TCB-2"
    RESERVED_NOT_ZERO = _B.TOO_STRICT, "Reserved octets that are not zero are refused; receivers ignore them.", "TCB-3"
    SEQUENCE_WRAP = _B.NUMBER, "Sequence numbers are compared as plain numbers, though they wrap around.", "ENC-1"
    SCALE_WITHOUT_FLAGS = _B.TOO_STRICT, "Scales without both scale flags are refused; they count as 0.", "TCB-2"
    TIMESTAMP_CLOCK_UNKNOWN = (
        _B.TOO_STRICT,
        "A ts_now of zero is refused though timestamps are in use; a target can do without.",
        "TGT-7",
    )
    COMPILER_PADDING = (
        _B.LAYOUT,
        "A C structure is copied to or from the wire with the compiler's alignment octets in it.",
        "ENC-1",
    )

    TRUNCATED = _B.OVERREAD, "A frame that ends early is read on behind its end; who knows what stands there.", "ENC-8"
    TRUNCATED_AND_PADDED = (
        _B.WRONG_CHECK,
        "The shortest Ethernet frame is taken for long enough: its padding is read as fields.",
        "ENC-8",
    )
    PADDING = _B.TOO_STRICT, "Octets behind the packet are refused, or read as part of it.", "ENC-8"
    PADDING_NOT_ZERO = _B.TOO_STRICT, "Padding is looked at; it is ignored, whatever its values.", "ENC-8", "ENC-9"
    FRAME_CHECK_SEQUENCE = (
        _B.TOO_STRICT,
        "A frame check sequence that an interface left behind the frame disturbs.",
        "ENC-8",
    )
    CUT_TO_LENGTH_SEVEN = (
        _B.OVERREAD,
        "A frame that equipment cut to the 7 octets of its supposed length is read on.",
        "ENC-2",
        "ENC-8",
    )

    OTHER_ETHER_TYPE = _B.MISSING_CHECK, "Frames of another EtherType are read as ipOS.", "ENC-2"
    ALTERNATIVE_ETHER_TYPE = (
        _B.TOO_STRICT,
        "The alternative EtherType is not read where the operator configured it.",
        "ENC-2",
    )
    VLAN_TAG = _B.LAYOUT, "An IEEE 802.1Q tag is skipped, or read as part of the packet.", "ENC-2"
    LOGICAL_LINK_CONTROL = (
        _B.TOO_STRICT,
        "What follows EtherType 0x0007 is taken for IEEE 802.2 (SNAP, raw IPX) by its first octets.",
        "ENC-2",
    )
    UNKNOWN_TYPE = _B.MISSING_CHECK, "A type that is none is read as a packet.", "ENC-4"
    EXTENSION_TYPE = (
        _B.MISSING_CHECK,
        "An extension that is not supported is read as a packet, or as far as it goes.",
        "ENC-4",
    )
    UNKNOWN_PROTOCOL = _B.MISSING_CHECK, "A protocol that is none is read as TCP or UDP.", "ENC-5"
    IANA_PROTOCOL = _B.WRONG_CHECK, "IANA's protocol numbers 6 and 17 are taken; ipOS has its own, 1 and 2.", "ENC-5"
    OTHER_PACKET = (
        _B.WRONG_CHECK,
        "The packet is told by something else than type and protocol, such as its length.",
        "ENC-4",
    )

    CHECKSUM_IGNORED = _B.MISSING_CHECK, "The checksum is not verified.", "ENC-7"
    CHECKSUM_NOT_COMPLEMENTED = _B.WRONG_CHECK, "The sum is compared itself, not its complement.", "ENC-6", "ENC-7"
    CHECKSUM_MISSING = _B.WRONG_CHECK, "A checksum of zero is taken for none, as UDP's is.", "ENC-6", "ENC-7"
    CHECKSUM_BYTE_ORDER = _B.BYTE_ORDER, "The checksum is taken in the machine's byte order.", "ENC-1", "ENC-6"
    CHECKSUM_TOO_LITTLE = (
        _B.WRONG_CHECK,
        "The sum ends with the header, or leaves out a part of what it covers.",
        "ENC-6",
    )
    CHECKSUM_TOO_MUCH = (
        _B.WRONG_CHECK,
        "The sum takes in the Ethernet header, the client's packet or the padding.",
        "ENC-6",
    )
    CHECKSUM_FIELD_INCLUDED = _B.WRONG_CHECK, "The sender's sum took in an old value of the checksum field.", "ENC-6"
    CHECKSUM_ZERO = (
        _B.TOO_STRICT,
        "Of the two zeros of ones' complement only one is taken; a receiver verifies by summing.",
        "ENC-6",
    )
    CHECKSUM_CARRY = _B.WRONG_CHECK, "Carries are added back once; that addition may carry again.", "ENC-6"

    ACKNOWLEDGEMENT_CHECKSUM = (
        _B.WRONG_CHECK,
        "An acknowledgement's checksum is held against its own octets only, or against nothing.",
        "ENC-6",
        "ENC-7",
    )
    ACKNOWLEDGEMENT_SWAPPED = (
        _B.WRONG_CHECK,
        "The reference of an acknowledgement is taken for a from/to pair and swapped.",
        "ENC-3",
        "ORG-6",
    )
    ACKNOWLEDGEMENT_LATE = (
        _B.MISSING_CHECK,
        "The late acknowledgement of an earlier attempt is taken for this one's.",
        "ENC-6",
        "ORG-6",
    )

    CLIENT_VERSION = _B.MISSING_CHECK, "The client's packet is read as IPv4 whatever it is.", "ENC-10"
    CLIENT_HEADER_LENGTH = (
        _B.OVERREAD,
        "The header length of the client's packet is believed: it may be too short or reach too far.",
        "ENC-10",
    )
    CLIENT_TOTAL_LENGTH = (
        _B.OVERREAD,
        "The total length of the client's packet is believed, or the frame's length taken instead.",
        "ENC-8",
        "ENC-10",
    )
    CLIENT_FRAGMENT = _B.MISSING_CHECK, "A fragment is taken for a whole packet.", "ENC-10"
    CLIENT_NO_FRAGMENT = _B.TOO_STRICT, '"Don\'t fragment" or the reserved bit is taken for a fragment.', "ENC-10"
    CLIENT_PROTOCOL = _B.MISSING_CHECK, "The client's packet is of another protocol than the header says.", "ENC-10"
    CLIENT_HEADER_CHECKSUM = (
        _B.MISSING_CHECK,
        "The client's IP header checksum is not verified, or not over the options.",
        "ENC-10",
    )
    CLIENT_ADDRESS = _B.MISSING_CHECK, "One client's packet is delivered to another client's endpoint.", "ENC-10"
    CLIENT_OPTIONS = (
        _B.LAYOUT,
        "IP options are refused, or the ports are looked for behind 20 octets in spite of them.",
        "ENC-10",
    )
    CLIENT_SERVER_ADDRESS = _B.MISSING_CHECK, "The client's packet is addressed to no host.", "ENC-13"
    CLIENT_TRANSPORT = (
        _B.TOO_STRICT,
        "TCP or UDP of the client's packet is judged; that is for the endpoint to do.",
        "ENC-10",
        "FWD-1",
    )
