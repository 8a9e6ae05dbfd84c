"""The applications' side of a router: all its services, and who of its endpoints is attached to which."""

import selectors
import time
from collections.abc import Mapping

from ipos_spec.encapsulation import Protocol

from ipos_reference.applications import end_all
from ipos_reference.attachment import Attachment
from ipos_reference.connection import Connection
from ipos_reference.datagram_attachment import DatagramAttachment
from ipos_reference.event_log import EventLog, silent
from ipos_reference.events import Attached, Changed, Datagram, Detached, Event
from ipos_reference.privileges import Account
from ipos_reference.router import Router
from ipos_reference.service import Key, Served, Service
from ipos_reference.traffic import Traffic


class Services:
    """Starts and ends the applications, and passes octets and datagrams between them and the endpoints.

    selector  calls back what was registered in it with (mask, now)
    account   whose processes the applications are; the router's own user without
    """

    def __init__(
        self,
        router: Router,
        served: Mapping[Key, Served],
        selector: selectors.BaseSelector,
        *,
        log: EventLog | None = None,
        account: Account | None = None,
    ) -> None:
        self._router = router
        self._selector = selector
        self._log = log or silent()
        self.traffic = Traffic()
        self._streams: dict[int, Attachment] = {}
        self._datagrams: dict[int, DatagramAttachment] = {}
        self._services = {
            key: Service(key, one, selector, tables=router, log=self._log, account=account)
            for key, one in served.items()
        }

    @property
    def processes(self) -> list[int]:
        """Ids of the processes that run."""
        return [service.process for service in self._services.values() if service.process is not None]

    def start(self) -> None:
        """Start what runs with the router, and wait until all of it accepts. Raises ApplicationError."""
        for service in self._services.values():
            service.start()
        for service in self._services.values():
            service.wait_until_ready()

    def stop(self) -> None:
        """End every process, also one that is just being started or ended."""
        released = [service.release() for service in self._services.values()]
        end_all(application for application in released if application is not None)

    def close(self) -> None:
        """Break off what is between endpoints and applications."""
        now = time.monotonic()
        for attachment in list(self._streams.values()):
            attachment.close(now, reset=True)
        for datagrams in list(self._datagrams.values()):
            datagrams.close(now)

    def next_timeout(self) -> float | None:
        """When `handle_timeout` is due."""
        due = (service.next_timeout() for service in self._services.values())
        return min((when for when in due if when is not None), default=None)

    def handle_timeout(self, now: float) -> None:
        """Do what is due; too early is harmless."""
        for service in self._services.values():
            service.handle_timeout(now)

    def handle(self, event: Event, now: float) -> None:
        """What the router tells the applications."""
        match event:
            case Attached(number, port, Protocol.UDP):
                service = self._services[Protocol.UDP, port]
                self._datagrams[number] = DatagramAttachment(
                    self._router, number, service, self._selector, self.traffic
                )
            case Attached(number, port):
                connection = self._router.tables.by_number(number)  # as it is before anything comes of this
                self._attach(number, self._services[Protocol.TCP, port], now)
                if connection is not None:
                    self._note_attached(connection)  # while the application works on the request
            case Changed(number):
                if number in self._streams:
                    self._streams[number].pump(now)
            case Datagram(number, octets):
                if number in self._datagrams:
                    self._datagrams[number].deliver(octets, now)
            case Detached():
                self._detach(event, now)

    def _attach(self, number: int, service: Service, now: float) -> None:
        self._streams[number] = Attachment(self._router, number, service, self._selector)
        service.serve(self._streams[number], now)

    def _detach(self, event: Detached, now: float) -> None:
        datagrams = self._datagrams.pop(event.number, None)
        if datagrams is not None:
            datagrams.close(now)
            return
        self._log.note("endpoint-ended", endpoint=event.number, how=event.failure or "in order")
        attachment = self._streams.pop(event.number, None)
        if attachment is not None and event.failure is None:
            attachment.finish(event.unread, now)
        elif attachment is not None:
            attachment.close(now, reset=True)

    def _note_attached(self, connection: Connection) -> None:
        """Of TCP only: whoever has completed a handshake is there, a datagram may come from anybody."""
        self._log.note(
            "endpoint-attached",
            endpoint=connection.number,
            client=str(connection.client),
            server=str(connection.server),
            came="by migration" if connection.migration is not None else "here",
        )
