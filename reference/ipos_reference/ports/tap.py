"""A TAP device: the router is what stands behind the kernel's interface."""

import contextlib
import os
import socket
from collections.abc import Sequence
from pathlib import Path

import pytun

from ipos_reference.ports.port import Port, PortError

_ETHERNET_HEADER = 14


class TapPort(Port):
    """Makes a TAP device, brings it up, and removes it when closed."""

    def __init__(self, name: str, mtu: int) -> None:
        try:
            self._device = pytun.TunTapDevice(name=name, flags=pytun.IFF_TAP | pytun.IFF_NO_PI)
            # Neighbour discovery of the kernel's own side would be noise on the router's LAN.
            with contextlib.suppress(FileNotFoundError):  # a kernel without IPv6
                Path(f"/proc/sys/net/ipv6/conf/{name}/disable_ipv6").write_text("1", encoding="ascii")
            self._device.mtu = mtu
            self._device.up()
        except (pytun.Error, OSError) as error:
            raise PortError(_advice(name, error)) from error
        self._descriptor = int(self._device.fileno())
        os.set_blocking(self._descriptor, False)
        self._largest = mtu + _ETHERNET_HEADER + 4  # a VLAN tag may come on top

    def fileno(self) -> int:
        """The TAP's descriptor."""
        return self._descriptor

    def receive(self, now: float, budget: int) -> list[bytes]:  # noqa: ARG002 - a TAP needs no clock
        """Read frames that the kernel, or who stands on its interface, has sent."""
        frames: list[bytes] = []
        read, descriptor, largest = os.read, self._descriptor, self._largest
        try:
            for _ in range(budget):
                frames.append(read(descriptor, largest))  # noqa: PERF401 - those before an error count
        except BlockingIOError:
            pass
        except OSError as error:  # down, a TAP is only silent
            raise PortError(f"TAP {self._device.name}: it is gone; somebody has removed the interface") from error
        return frames

    def send(self, frame: bytes, now: float) -> bool:
        """Write one frame, which then comes in on the kernel's interface."""
        return self.send_all((frame,), now) == 1

    def send_all(self, frames: Sequence[bytes], now: float) -> int:  # noqa: ARG002 - a TAP needs no clock
        """Write frames, one a system call: a TAP takes no more at once."""
        write, descriptor, lost = os.write, self._descriptor, 0
        for frame in frames:
            try:
                write(descriptor, frame)
            except OSError:
                lost += 1
        return len(frames) - lost

    def close(self) -> None:
        """Remove the device."""
        self._device.close()


def _advice(name: str, error: Exception) -> str:
    if name in (existing for _, existing in socket.if_nameindex()):
        return (
            f"TAP {name}: an interface of this name exists already and is none that can be taken; choose another name"
        )
    if not Path("/dev/net/tun").exists():
        return f"TAP {name}: there is no /dev/net/tun; load the kernel module (modprobe tun) or create the device node"
    if not os.access("/dev/net/tun", os.R_OK | os.W_OK):
        return f"TAP {name}: /dev/net/tun can't be opened; run as root, or allow it: chmod 0666 /dev/net/tun"
    return (
        f"TAP {name}: {error}; making an interface needs CAP_NET_ADMIN (root, or a namespace of your own: unshare -Urn)"
    )
