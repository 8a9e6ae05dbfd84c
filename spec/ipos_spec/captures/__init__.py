"""Captures: frames with interface, time and comments, read from pcap and pcapng and written as pcapng.

    for frame in captures.read(file):
        print(frame.interface, frame.time_ns, frame.octets.hex())

    writer = captures.CaptureWriter(file, interfaces=["first LAN", "second LAN"])
    writer.write("second LAN", time_ns, octets, comments=["TGT-1: acknowledged."])

A file is any binary file object, a pipe too: frames come as they arrive.
"""

from ipos_spec.captures.reading import MAGIC_SIZE, is_capture, read
from ipos_spec.captures.values import CapturedFrame, CaptureError, Direction, LinkType, Resolution, link_type_name
from ipos_spec.captures.writing import CaptureWriter

__all__ = [
    "MAGIC_SIZE",
    "CaptureError",
    "CaptureWriter",
    "CapturedFrame",
    "Direction",
    "LinkType",
    "Resolution",
    "is_capture",
    "link_type_name",
    "read",
]
