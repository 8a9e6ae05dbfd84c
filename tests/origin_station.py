"""The origin of a migration, played by the suite's peer station: accepts a real client and hands it to the router."""

import importlib.resources
import threading
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from bed import PEER_IP
from ipos_conformance.bench.wire import Port, wait
from ipos_conformance.frames import Client, Frame, Lan, address
from ipos_conformance.stations.edge import arp_answers
from ipos_conformance.stations.peer import Peer
from ipos_conformance.target import read_target
from ipos_conformance.traffic import Traffic
from ipos_spec.addresses import Mac, ipv4, mac
from ipos_spec.codec import decode
from ipos_spec.control_block import ControlFlag
from ipos_spec.errors import DecodeError
from ipos_spec.packets import Acknowledgement, TcpConnectionPacket, acknowledges
from namespace import Namespace
from scapy.layers.inet import IP, TCP

ORIGIN_MAC = mac("02:00:00:00:01:02")
_TARGET = Path(str(importlib.resources.files("ipos_conformance"))) / "targets" / "reference-tap.toml"
_MSS, _WINDOW, _SCALE, _SPACE = 1444, 64240, 7, 2**32


@dataclass
class Accepted:
    """A client whose connection the origin has accepted, and how far it has come."""

    iss: int
    syn: Any
    held: list[bytes] = field(default_factory=list)
    packet: TcpConnectionPacket | None = None
    acknowledged: bool = False


class OriginStation:
    """Answers for PEER_IP on the first LAN until it hands the connection over, and is silent from then on (ORG-8)."""

    def __init__(self, lan: Namespace, first: str, second: str, ether_type: int = 7) -> None:
        target = read_target(_TARGET)
        self._ports = {
            Lan.FIRST: lan.within(lambda: Port(Lan.FIRST, first, ether_type)),
            Lan.SECOND: lan.within(lambda: Port(Lan.SECOND, second, ether_type)),
        }
        self._traffic = Traffic(self._ports)
        self._random = Random(1)
        self._peer = Peer(target.peer[0], target, self._traffic)
        self._clients: dict[Client, Accepted] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        self.migrated = 0

    def close(self) -> None:
        """Stop playing."""
        self._stop.set()
        self._thread.join()
        for port in self._ports.values():
            port.close()

    def _run(self) -> None:
        while not self._stop.is_set():
            for frame in wait(list(self._ports.values()), 0.05):
                if frame.lan is Lan.SECOND:
                    self._acknowledgement(frame)
                elif frame.destination in (ORIGIN_MAC, b"\xff" * 6):
                    self._from_client(frame)

    def _from_client(self, frame: Frame) -> None:
        for answer in arp_answers(frame, {ipv4(PEER_IP): ORIGIN_MAC}):
            self._traffic.send(Lan.FIRST, answer)
        if frame.tcp is None or frame.ip.dst != PEER_IP:
            return
        client = Client(address(frame.ip.src), frame.tcp.sport)
        if frame.tcp.flags == "S":
            self._accept(client, frame)
        elif (accepted := self._clients.get(client)) is not None:
            self._take(client, accepted, frame)

    def _accept(self, client: Client, frame: Frame) -> None:
        accepted = self._clients.setdefault(client, Accepted(self._random.randrange(_SPACE), frame.tcp))
        stamp = dict(frame.tcp.options)["Timestamp"][0]
        options = [
            ("MSS", _MSS),
            ("SAckOK", b""),
            ("Timestamp", (self._clock(), stamp)),
            ("NOP", None),
            ("WScale", _SCALE),
        ]
        segment = TCP(
            sport=frame.tcp.dport,
            dport=frame.tcp.sport,
            flags="SA",
            seq=accepted.iss,
            ack=(frame.tcp.seq + 1) % _SPACE,
            window=_WINDOW,
            options=options,
        )
        packet = bytes(IP(src=frame.ip.dst, dst=frame.ip.src) / segment)
        self._traffic.send(Lan.FIRST, Mac(frame.source) + ORIGIN_MAC + b"\x08\x00" + packet)

    def _take(self, client: Client, accepted: Accepted, frame: Frame) -> None:
        inner = frame.octets[14 : 14 + frame.ip.len]
        if accepted.acknowledged:
            self._peer.send(self._peer.client_packet(client, inner))
        elif len(frame.tcp.payload) or accepted.packet is not None:
            accepted.held.append(inner)
            if accepted.packet is None:
                accepted.packet = self._connection_packet(client, accepted, frame)
                self._peer.send(accepted.packet)

    def _connection_packet(self, client: Client, accepted: Accepted, frame: Frame) -> TcpConnectionPacket:
        options = dict(accepted.syn.options)
        rcv_nxt = (accepted.syn.seq + 1) % _SPACE
        return self._peer.connection_packet(
            client,
            iss=accepted.iss,
            irs=accepted.syn.seq,
            snd_nxt=(accepted.iss + 1) % _SPACE,
            rcv_nxt=rcv_nxt,
            rcv_wnd=_WINDOW,
            snd_wnd=frame.tcp.window << options["WScale"],
            max_sndwnd=frame.tcp.window << options["WScale"],
            t_maxseg=options["MSS"],
            t_flags=int(ControlFlag.SCALE | ControlFlag.TIMESTAMPS | ControlFlag.SACK_PERMIT),
            ts_now=self._clock(),
            ts_recent=dict(frame.tcp.options)["Timestamp"][0],
            snd_scale=options["WScale"],
            rcv_scale=_SCALE,
            request_r_scale=_SCALE,
            requested_s_scale=options["WScale"],
        )

    def _acknowledgement(self, frame: Frame) -> None:
        try:
            packet = decode(frame.octets)
        except DecodeError:
            return
        client = Client(packet.header.source_ip, packet.header.source_port)
        accepted = self._clients.get(client)
        if not isinstance(packet, Acknowledgement) or accepted is None or accepted.packet is None:
            return
        if acknowledges(packet, accepted.packet) and not accepted.acknowledged:
            accepted.acknowledged = True
            self.migrated += 1
            for inner in accepted.held:
                self._peer.send(self._peer.client_packet(client, inner))

    def _clock(self) -> int:
        """The origin's timestamp clock stands still: every TSval of the router's has to be at or after it (TGT-7)."""
        return 3_000_000_000
