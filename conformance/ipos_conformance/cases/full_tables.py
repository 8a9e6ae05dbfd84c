"""Tables that are full (TAB-4): what comes is refused as each table has it, and what was there stays."""

from ipos_conformance.case import exclusive, parameters, quick, requirement
from ipos_conformance.dut import Dut
from ipos_conformance.steps.filling import TABLES, Forward, ForwardConnect, Provisional, Table


@quick
@exclusive
@requirement("TAB-4")
@parameters(table=TABLES)
def test_full_table_takes_nothing_more(dut: Dut, table: type[Table]) -> None:
    """SYNs are dropped, connections reset, requests served here, connection packets not acknowledged."""
    table(dut).expect_refused()


@quick
@exclusive
@requirement("TAB-4")
@parameters(table=TABLES)
def test_nothing_is_evicted_for_what_is_refused(dut: Dut, table: type[Table]) -> None:
    """After others were refused, the first one that was taken goes on as if nothing had happened."""
    full = table(dut)
    full.expect_refused()
    full.expect_first_goes_on()


@quick
@exclusive
@requirement("TAB-4")
@parameters(table=TABLES)
def test_table_with_room_again_takes_another(dut: Dut, table: type[Table]) -> None:
    """When one has ended, another one finds its place."""
    full = table(dut)
    full.make_room()
    full.expect_taken()


@quick
@exclusive
@requirement("TAB-4")
def test_migration_in_progress_takes_a_place(dut: Dut) -> None:
    """Where there is one place left, of two clients that ask at once one leaves, and the other is served here."""
    full = Forward(dut)
    full.make_room()
    full.expect_room_for_one_of_two()


@quick
@exclusive
@requirement("TAB-4")
def test_young_provisional_endpoint_makes_no_room(dut: Dut) -> None:
    """Before 30 s have passed, no provisional endpoint gives its place to another; its request is answered."""
    full = Provisional(dut)
    full.expect_refused()
    full.expect_first_goes_on()


@quick
@exclusive
@requirement("TGT-2")
def test_connection_packet_without_room_is_discarded_silently(dut: Dut) -> None:
    """Beyond the bound of Forward-Connect a connection packet gets no answer on either LAN."""
    ForwardConnect(dut).expect_refused()
