"""What the router says of its own server's applications when they start and end (FIG. 12; ADV-2)."""

from ipos_spec.advertisement import AdvertisedTable
from ipos_spec.encapsulation import Protocol
from ipos_spec.tables.records import ApplicationInformation, ListeningSocket

from ipos_reference.advertising import Advertiser
from ipos_reference.knowledge import Knowledge
from ipos_reference.settings import Settings

_LISTENING = {
    Protocol.TCP: AdvertisedTable.LISTENING_SOCKETS_TCP,
    Protocol.UDP: AdvertisedTable.LISTENING_SOCKETS_UDP,
}
_APPLICATIONS = AdvertisedTable.APPLICATION_INFORMATION


class OwnServer:
    """Listening Sockets and Application Information of the own server, as its processes come and go."""

    def __init__(self, settings: Settings, knowledge: Knowledge, advertiser: Advertiser) -> None:
        self._settings = settings
        self._knowledge = knowledge
        self._advertiser = advertiser

    def process_started(self, protocol: Protocol, port: int, process: int) -> None:
        """What the process needs is told before the socket by which it counts."""
        self._forget_needs(protocol, port, unless=process)
        needed = self._settings.memory_requirements.get(port, 0) if protocol is Protocol.TCP else 0
        needs = ApplicationInformation(process_id=process, memory_requirements=needed, cpu_utilization=0)
        self._advertiser.changed(_APPLICATIONS, put=[needs])
        self._advertiser.changed(_LISTENING[protocol], put=[self._socket(port, process)])

    def process_ended(self, protocol: Protocol, port: int) -> None:
        """One that is started on demand is still there to be chosen, another is not."""
        self._forget_needs(protocol, port)
        if self._settings.processes.get((protocol, port)) == 0:
            self._advertiser.changed(_LISTENING[protocol], put=[self._socket(port, 0)])
        else:
            self._advertiser.changed(_LISTENING[protocol], deleted=[self._socket(port, 0)])

    def _forget_needs(self, protocol: Protocol, port: int, unless: int = 0) -> None:
        """What the process needs that served a port until now: a number given before it ran, or one that has ended."""
        before = self._knowledge.listening[protocol].get((self._settings.address, port))
        if before is not None and before.record.process not in (0, unless):
            gone = ApplicationInformation(process_id=before.record.process, memory_requirements=0, cpu_utilization=0)
            self._advertiser.changed(_APPLICATIONS, deleted=[gone])

    def _socket(self, port: int, process: int) -> ListeningSocket:
        return ListeningSocket(server_ip=self._settings.address, port=port, process=process)
