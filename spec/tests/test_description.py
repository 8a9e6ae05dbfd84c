"""The neutral description says what the figures say; generators read nothing else."""

from ipos_spec import inner_packet
from ipos_spec.description import FieldDescription, Kind, describe
from ipos_spec.encapsulation import EncapsulationHeader
from ipos_spec.rules import OneOf, Same, Stage, Unicast, Within, Zero

TCP_CONNECTION = describe().packet("tcp-connection")
FIELDS = {field.path: field for field in TCP_CONNECTION.fields}


def test_packets_are_those_of_figure_11() -> None:
    assert [
        (packet.name, packet.figure, packet.type, packet.protocols, packet.size) for packet in describe().packets
    ] == [
        ("tcp-connection", "11E", 1, (1,), 176),
        ("udp-connection", "11F", 1, (2,), 36),
        ("tcp", "11G", 2, (1,), 30),
        ("udp", "11H", 2, (2,), 30),
        ("acknowledgement", "11I", 3, (1, 2), 30),
    ]


def test_checksum_covers_what_ipos_adds() -> None:
    """An acknowledgement's covers what it acknowledges (ENC-6)."""
    assert [packet.covered for packet in describe().packets] == [(14, 176), (14, 36), (14, 30), (14, 30), None]


def test_structures_are_those_of_figure_11() -> None:
    assert {structure.name: structure.size for structure in describe().structures} == {
        "EthernetHeader": 14,
        "EncapsulationHeader": 16,
        "TcpConnectionInformation": 146,
        "ControlBlock": 140,
        "UdpConnectionInformation": 6,
    }


def test_parts_stand_where_the_figure_has_them() -> None:
    assert [(part.path, part.offset, part.structure) for part in TCP_CONNECTION.parts] == [
        ("ethernet", 0, "EthernetHeader"),
        ("header", 14, "EncapsulationHeader"),
        ("connection", 30, "TcpConnectionInformation"),
        ("connection.control_block", 36, "ControlBlock"),
    ]


def test_fields_fill_every_packet_without_gap() -> None:
    for packet in describe().packets:
        fixed = [field for field in packet.fields if field.size is not None]
        assert [field.offset for field in fixed] == [0, *(field.end for field in fixed[:-1])]
        assert fixed[-1].end == packet.size
        assert [field.kind for field in packet.fields if field.size is None] == (
            [Kind.IPV4_PACKET, Kind.PADDING] if packet.type == 2 else [Kind.PADDING]
        )


def test_a_field_has_all_that_its_schema_says() -> None:
    assert FIELDS["connection.control_block.t_maxseg"] == FieldDescription(
        path="connection.control_block.t_maxseg",
        offset=60,
        size=2,
        kind=Kind.UNSIGNED,
        unit="octets",
        documentation="Largest segment to send to the client, timestamps not subtracted.",
        source="TCB-2",
        names=(),
        flags=False,
        hexadecimal=False,
        rules=(Within(64, 65495, "TCB-2"),),
    )


def test_numbers_and_bits_have_names() -> None:
    assert FIELDS["header.protocol"].names == (("TCP", 1), ("UDP", 2))
    flags = FIELDS["connection.control_block.t_flags"]
    assert flags.flags
    assert dict(flags.names) == {
        "NODELAY": 0x04,
        "REQ_SCALE": 0x20,
        "RCVD_SCALE": 0x40,
        "REQ_TSTMP": 0x80,
        "RCVD_TSTMP": 0x100,
        "SACK_PERMIT": 0x200,
    }


def test_rules_name_requirement_and_stage() -> None:
    assert FIELDS["header.source_ip"].rules == (Unicast("ENC-13"),)
    assert FIELDS["header.type"].rules == (OneOf((1, 2, 3), "ENC-4", Stage.FRAME),)
    assert FIELDS["connection.control_block.seg_next"].rules == (Zero("TCB-3", Stage.SENDER),)
    block = "connection.control_block."
    assert TCP_CONNECTION.rules == (Same((f"{block}snd_una", f"{block}snd_nxt", f"{block}snd_max"), "TCB-2"),)


def test_inner_rules_are_the_checks_in_their_order() -> None:
    """Each check of `inner_packet.check` names a rule, and each rule has its check."""
    header = EncapsulationHeader(source_ip=1, source_port=1, destination_ip=2, destination_port=2, type=2, protocol=1)
    packet = bytes.fromhex("45000028") + bytes(36)
    checks = (
        *inner_packet._checks_of_fixed_part(header, packet),
        *inner_packet._checks_of_whole_packet(header, packet),
    )
    assert [(field, at) for _, field, at, _ in checks] == [
        (rule.name, 20 if rule.offset is None else rule.offset) for rule in inner_packet.RULES
    ]


def test_transports_are_those_of_the_inner_rules() -> None:
    told = {transport.protocol: transport for transport in describe().transports}
    assert [(protocol, transport.iana, transport.header) for protocol, transport in told.items()] == [
        (1, 6, 20),
        (2, 17, 8),
    ]


def test_tables_are_those_of_figure_12() -> None:
    assert [(table.name, table.record.name, table.record.key) for table in describe().tables] == [
        ("forward", "ForwardEntry", ("source_ip", "source_port")),
        ("temporary", "EndpointEntry", ("source_ip", "source_port", "destination_ip", "destination_port")),
        ("local", "EndpointEntry", ("source_ip", "source_port", "destination_ip", "destination_port")),
        ("forward-connect", "EndpointEntry", ("source_ip", "source_port", "destination_ip", "destination_port")),
        ("server-state", "ServerState", ("server_ip",)),
        ("listening-sockets", "ListeningSocket", ("server_ip", "port")),
        ("application-information", "ApplicationInformation", ("process_id",)),
        ("url-map", "UrlEntry", ("url", "server_ip")),
        ("cookie-map", "CookieEntry", ("cookie_id",)),
    ]


def test_texts_of_a_record_have_a_maximum_and_no_size() -> None:
    """What stands behind one has the offset that it has behind an empty text."""
    url, server_ip = describe().table("url-map").record.fields
    assert (url.kind, url.offset, url.size, url.maximum) == (Kind.TEXT, 0, None, 2048)
    assert (server_ip.kind, server_ip.offset, server_ip.size, server_ip.maximum) == (Kind.IPV4, 2, 4, None)


def test_the_advertisement_is_an_extension_and_no_packet_of_figure_11() -> None:
    (extension,) = describe().extensions
    packet = extension.packet
    assert packet not in describe().packets
    assert (packet.name, packet.figure, packet.type, packet.protocols) == ("table-advertisement", "", 0x80, (0,))
    assert (packet.size, packet.covered, extension.requirement) == (36, None, "ADV-1")
    assert [(structure.name, structure.size) for structure in extension.structures] == [
        (part.structure, size) for part, size in zip(packet.parts, (14, 16, 6), strict=True)
    ]
    assert {structure.name: structure.size for structure in extension.structures} == {
        "BroadcastEthernetHeader": 14,
        "AdvertisementHeader": 16,
        "TableHeader": 6,
    }
    assert [(part.path, part.offset) for part in packet.parts] == [
        ("ethernet", 0),
        ("header", 14),
        ("table_header", 30),
    ]
    assert [field.kind for field in packet.fields if field.size is None] == [Kind.RECORDS, Kind.PADDING]


def test_an_advertisement_says_which_records_follow_and_how_many() -> None:
    (extension,) = describe().extensions
    fields = {field.path: field for field in extension.packet.fields}
    assert {path: fields[path].offset for path in extension.selected_by} == {
        "table_header.table": 30,
        "table_header.operation": 31,
    }
    assert (fields[extension.counted_by].offset, fields[extension.measured_by].offset) == (32, 34)
    records = {variant.selectors: (variant.names, variant.table, variant.record) for variant in extension.variants}
    assert len(records) == 6 * 2
    names, table, record = records[2, 2]
    assert names == ("LISTENING_SOCKETS_TCP", "DELETE")
    assert table == "listening-sockets"
    assert [field.name for field in record.fields] == list(record.key) == ["server_ip", "port"]
    assert records[2, 1][2] == describe().table("listening-sockets").record
