"""The cases that run first: one of each subject, so that whoever waits sees within seconds whether anything works."""

TAG = "smoke"

SMOKE = frozenset(
    {
        "neighbours/arp-is-answered-with-the-mac-of-its-lan/second-lan",
        "handshake/syn-to-a-listener-is-answered",
        "request/request-is-answered",
        "established/reset-at-rcv-nxt-ends-the-connection",
        "encapsulation/unknown-type-is-discarded/04",
        "checksum/connection-packet-with-a-wrong-checksum-is-discarded/one-more",
        "length/truncated-client-packet-is-discarded/before-the-tcp-header",
        "addresses/connection-packet-for-another-destination-is-discarded",
        "inner-packet/wrong-ip-header-checksum-is-discarded",
        "control-block/control-block-that-can-t-be-continued-is-refused/t-state-3",
        "acknowledgement/connection-packet-is-acknowledged",
        "later-holder/connection-of-its-own-address-is-refused",
        "provisional/only-the-mac-that-handed-over-finds-it",
        "migrated/client-is-answered-from-the-address-that-it-talks-to/the-origin-s",
        "timestamps/timestamps-go-on/usual",
        "choice/request-for-another-server-makes-a-connection-packet",
        "choice/acknowledgement-sends-the-held-request-on",
        "sent-packets/connection-packet-s-reference-is-client-and-target",
        "datagram-target/datagrams-of-a-client-that-was-handed-over-are-answered",
        "datagram-origin/first-datagram-for-the-own-server-is-answered/1-octet",
        "datagram-forwarding/datagram-is-forwarded-octet-for-octet/1-octet",
        "separate-tables/own-clients-of-both-protocols-are-served",
        "forwarding/segment-is-forwarded-octet-for-octet/data",
        "starting-anew/first-syn-is-forwarded",
        "passing-on/packets-of-a-chain-are-sent-on",
        "advertisements/server-that-tells-its-socket-is-chosen",
        "moving-on/next-request-for-this-server-is-served-here",
    }
)
"""Ids of cases that wait for no timer; a test holds them to a few hundredths of a second each."""
