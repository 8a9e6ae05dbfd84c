"""Whom the suite plays: nobody twice, the same again where that is safe, and others where it is not."""

from ipaddress import IPv4Network

from ipos_conformance.clients import Clients
from ipos_conformance.inbox import inbox

NETWORK = IPv4Network("198.51.100.0/24")


def drawn(salt: str = "", case: str = "some/case", seed: int = 1) -> list:
    clients = Clients(NETWORK, seed, salt)
    owner = inbox(seed, case)
    return [clients.new(owner) for _ in range(5)]


def test_a_case_that_is_run_again_plays_the_same_clients():
    assert drawn() == drawn()
    assert not set(drawn()) & set(drawn(case="another/case"))


def test_a_target_that_may_still_know_them_meets_others():
    assert not set(drawn("1")) & set(drawn("2"))


def test_what_else_a_case_draws_is_the_same_whoever_its_clients_are():
    rest = []
    for salt in ("1", "2"):
        owner = inbox(1, "some/case")
        Clients(NETWORK, 1, salt).new(owner)
        rest.append(owner.random.random())
    assert rest[0] == rest[1]


def test_nobody_is_played_twice():
    clients = Clients(IPv4Network("198.51.100.0/30"), 1)
    owner = inbox(1, "some/case")
    many = [clients.new(owner) for _ in range(2000)]
    assert len(set(many)) == len(many)
