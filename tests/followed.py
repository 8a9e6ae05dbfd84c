"""Which pages' commands are typed (`reader` does), how they end, and which commands nobody types.

A command is typed as it stands and ends with 0, unless its page's `Way` has a `Step` for it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

DEFECT = "wrong-checksum-accepted"
"""What the device has, so that there is something to be found."""

CASE = "checksum/connection-packet-with-a-wrong-checksum-is-discarded/one-more"


@dataclass(frozen=True)
class Step:
    """What is special about a command.

    status   that it ends with
    says     what is in its output
    instead  what is typed in its place, where it would never end, takes a night, or names what only the reader has
    needs    a program without which it is left out
    """

    status: int = 0
    says: str = ""
    instead: str = ""
    needs: str = ""


@dataclass(frozen=True)
class Way:
    """A page that is followed.

    device  whether there is one
    before  what a reader has done before, and the page does not say
    steps   by command; all others end with 0
    """

    device: bool = False
    before: tuple[str, ...] = ()
    steps: Mapping[str, Step] = field(default_factory=dict)


WRONG_RUN = f'ipos-conformance run ENC-7 --launch "{{python}} -m ipos_defects {DEFECT} run {{configuration}}"'
COPIED = "cp -r \"$(python -c 'import ipos_conformance; print(ipos_conformance.__path__[0])')/targets\" ."

WAYS = {
    "tutorial/first-run": Way(
        steps={
            "ipos-conformance run --smoke": Step(says="is conformant in everything that was tested; exit status 0."),
            "ipos-conformance demo": Step(says="As expected: the right router passes, and the defect is caught"),
        }
    ),
    "tutorial/first-device": Way(
        device=True,
        steps={
            "ipos-conformance doctor my-router.toml --fix": Step(says="All is well"),
            "ipos-conformance probe my-router.toml": Step(says="Written: my-router-probed.toml"),
            "ipos-conformance run my-router-probed.toml --smoke": Step(1, says="1 FAIL"),
            "ipos-conformance run my-router-probed.toml": Step(1, says="is not conformant; exit status 1."),
            "ipos-conformance show CASE": Step(instead=f"ipos-conformance show {CASE}", says="by itself:"),
            "ipos-conformance replay CASE --times 3": Step(
                1, instead=f"ipos-conformance replay {CASE} --times 3", says=f"STILL  {CASE}, failed 3 of 3 times"
            ),
            "ipos-conformance doctor targets/reference-veth.toml": Step(says="All is well"),
            WRONG_RUN.replace("ENC-7", "targets/reference-veth-probed.toml ENC-7"): Step(1),
        },
    ),
    "guides/captures": Way(
        device=True,
        before=(f"{WRONG_RUN} || true",),
        steps={
            "tcpdump -U -w - -i eth1 | ipos-spec decode": Step(
                instead="timeout --signal=INT 2 tcpdump -Z root -U -w - -i eth1 | ipos-spec decode",
                says="listening on eth1",
                needs="tcpdump",
            ),
            "ipos-spec decode --all ipos-results/captures/checksum/*/*.pcapng": Step(1, says="ENC-7"),
        },
    ),
    "guides/farm": Way(
        steps={
            "ipos-router lab demo": Step(says="checks are right"),
            "ipos-router lab up": Step(says="/run/ipos-lab"),
            "ipos-router lab view": Step(
                instead="timeout --preserve-status --signal=INT 5 ipos-router lab view", says="http://127.0.0.1:8007/"
            ),
            "ipos-router lab shell client-1 -- curl http://192.0.2.1/images/picture.svg": Step(says="server 2</text>"),
            "ipos-router lab diagram migration.pcapng -o migration.svg": Step(says="TCP (handed over)"),
            "ipos-router lab shell client-1 -- sh -c 'echo hello | nc -u -w 1 192.0.2.1 7'": Step(says=": hello"),
        }
    ),
    "guides/fuzz": Way(
        device=True,
        before=("ipos-conformance new my-router.toml",),
        steps={
            "ipos-fuzz run my-router.toml --output night": Step(1),
            "ipos-fuzz run my-router.toml --time 8h --output night": Step(
                1, instead="ipos-fuzz run my-router.toml --time 10s --output night"
            ),
            "ipos-fuzz replay --results night --times 3": Step(1, says="STILL"),
            "ipos-fuzz run --findings 1 --output planted "
            '--launch "{python} -m ipos_defects first-octet-of-an-empty-datagram run {configuration}"': Step(
                1, says="IndexError"
            ),
            "ipos-fuzz show --results planted": Step(says="see it again"),
        },
    ),
    "guides/report": Way(
        steps={
            WRONG_RUN: Step(1),
            "ipos-conformance replay $CASE --times 3": Step(1, says="STILL"),
            "ipos-conformance diff old-results new-results": Step(
                instead="cp -r ipos-results old-results; cp -r ipos-results new-results; "
                "ipos-conformance diff old-results new-results",
                says="35 as before",
            ),
            "ipos-conformance run my-router.toml --baseline baseline.toml": Step(
                instead=WRONG_RUN.replace("ENC-7", f"ENC-9 {CASE} --baseline baseline.toml"), says="1 XFAIL"
            ),
        },
    ),
    "guides/target-file": Way(
        before=(
            COPIED.replace("/targets", "/targets/."),
            "mv reference-veth.toml my-router.toml",
            "printf '#!/bin/sh\\nexec python -m ipos_reference run \"$1\"\\n' > my-router; chmod +x my-router",
        ),
        steps={
            'ipos-conformance run my-router.toml --launch "./my-router {configuration}"': Step(
                instead='ipos-conformance run my-router.toml --smoke --launch "./my-router {configuration}"'
            ),
        },
    ),
}
"""All pages that are followed."""

NO_MACSEC = "needs a kernel with macsec, and keys and MACs that only the reader has"

NOT_RUN = {
    "ip link add link eth1 macsec0 type macsec encrypt on": NO_MACSEC,
    "ip macsec add macsec0 tx sa 0 pn 1 on key 01 OWN-KEY": NO_MACSEC,
    "ip macsec add macsec0 rx port 1 address PEER-MAC": NO_MACSEC,
    "ip macsec add macsec0 rx port 1 address PEER-MAC sa 0 pn 1 on key 02 KEY-OF-THE-PEER": NO_MACSEC,
    "ip link set macsec0 up": NO_MACSEC,
}
"""Commands of pages that are not followed, and why."""
