"""Choosing a server (section 10 of the protocol): each rule, and what holds whatever is known."""

import copy
from dataclasses import dataclass, replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from in_memory import SETTINGS
from ipos_reference.choosing import Exclusion, Reason, choose
from ipos_reference.knowledge import Knowledge
from ipos_reference.request import Request
from ipos_reference.settings import idle
from ipos_spec.encapsulation import Protocol
from known import NOW, PORT, Scene, Told, known, server

IDLE, LISTENS_NOT, SILENT, BY_HAND = Told(), Told(listens=False), Told(ago=3.0), Told(ago=None)


def get(path: str = "/", host: str = "www.a", **cookies: str) -> Request:
    """A request with these cookies."""
    return Request("GET", path, host, tuple(cookies.items()))


@dataclass(frozen=True)
class Row:
    """Who is chosen, why, and why the others (by number) are not."""

    title: str
    scene: Scene
    chosen: int
    reason: Reason
    request: Request | None = get()  # noqa: RUF009 - a frozen value
    left_out: tuple[tuple[int, Exclusion], ...] = ()


def of(*told: Told, urls: dict[str, list[int]] | None = None, **cookies: int) -> Scene:
    """Servers 1, 2, ... have told this."""
    return Scene(dict(enumerate(told, start=1)), urls or {}, cookies)


R, X = Reason, Exclusion
ALL_BUSY = Told(cpu=95)
TWICE = Request("GET", "/", "", (("ipos", "x"), ("ipos", "s")))
IMAGES = {"/images": [2]}
HOSTS = {"www.a/": [2], "www.b/": [3], "/": [4]}
FOUR = (IDLE, IDLE, IDLE, IDLE)

COOKIES = [
    Row("the keeper", of(IDLE, IDLE, s=2), 2, R.KEEPER, get(ipos="s")),
    Row("the keeper is the origin", of(IDLE, IDLE, s=1), 1, R.KEEPER, get(ipos="s")),
    Row("before URL Map", of(IDLE, IDLE, IDLE, urls={"/": [2]}, s=3), 3, R.KEEPER, get(ipos="s")),
    Row("though it is busy", of(IDLE, Told(cpu=100, memory=0, needs=1), s=2), 2, R.KEEPER, get(ipos="s")),
    Row("as the operator says", of(IDLE, BY_HAND, s=2), 2, R.KEEPER, get(ipos="s")),
    Row("heard of a moment ago", of(IDLE, Told(ago=2.9), s=2), 2, R.KEEPER, get(ipos="s")),
    Row("the one that is known of several", of(IDLE, IDLE, s=2), 2, R.KEEPER, TWICE),
    Row("another session", of(IDLE, IDLE, s=2), 1, R.LOWEST_ADDRESS, get(ipos="t"), ((2, X.HIGHER_ADDRESS),)),
    Row("another cookie", of(IDLE, IDLE, s=2), 1, R.LOWEST_ADDRESS, get(other="s"), ((2, X.HIGHER_ADDRESS),)),
    Row("another's case", of(IDLE, IDLE, s=2), 1, R.LOWEST_ADDRESS, get(IPOS="s"), ((2, X.HIGHER_ADDRESS),)),
    Row("the keeper is silent", of(IDLE, SILENT, s=2), 1, R.NO_RIVAL, get(ipos="s"), ((2, X.SILENT),)),
    Row("the keeper has closed the port", of(IDLE, LISTENS_NOT, s=2), 1, R.NO_RIVAL, get(ipos="s")),
    Row("the keeper is unknown", of(IDLE, s=2), 1, R.NO_RIVAL, get(ipos="s")),
    Row("the keeper is silent: by the URL", of(*FOUR[:2], SILENT, urls=IMAGES, s=3), 2, R.NO_RIVAL,
        get("/images", ipos="s")),
]  # fmt: skip

URLS = [
    Row("all of it", of(*FOUR, urls=IMAGES), 2, R.NO_RIVAL, get("/images")),
    Row("up to a slash", of(*FOUR, urls=IMAGES), 2, R.NO_RIVAL, get("/images/a/b.png")),
    Row("not within a segment", of(IDLE, IDLE, urls=IMAGES), 1, R.LOWEST_ADDRESS, get("/images2"),
        ((2, X.HIGHER_ADDRESS),)),
    Row("not in another case", of(IDLE, urls=IMAGES), 1, R.NO_RIVAL, get("/Images")),
    Row("not further in", of(IDLE, urls=IMAGES), 1, R.NO_RIVAL, get("/a/images")),
    Row("a slash at the end asks for one", of(IDLE, IDLE, urls={"/i/": [2]}), 2, R.NO_RIVAL, get("/i/a")),
    Row("and is not there", of(IDLE, urls={"/i/": [2]}), 1, R.NO_RIVAL, get("/i")),
    Row("the longest", of(*FOUR, urls={"/": [4], "/a": [2], "/a/b": [3]}), 3, R.NO_RIVAL, get("/a/b/c")),
    Row("the next but one", of(*FOUR, urls={"/": [4], "/a": [2], "/a/b": [3]}), 2, R.NO_RIVAL, get("/a/c")),
    Row("everything", of(*FOUR, urls={"/": [4], "/a": [2]}), 4, R.NO_RIVAL, get("/b")),
    Row("a host", of(*FOUR, urls=HOSTS), 2, R.NO_RIVAL, get("/x")),
    Row("another host", of(*FOUR, urls=HOSTS), 3, R.NO_RIVAL, get("/x", host="www.b")),
    Row("no host", of(*FOUR, urls=HOSTS), 4, R.NO_RIVAL, get("/x", host="")),
    Row("a host in capitals", of(IDLE, IDLE, urls={"WWW.A/x": [2]}), 2, R.NO_RIVAL, get("/x")),
    Row("a host alone", of(IDLE, IDLE, urls={"www.a": [2]}), 2, R.NO_RIVAL, get("/x")),
    Row("a host alone, no path", of(IDLE, IDLE, urls={"www.a": [2]}), 2, R.NO_RIVAL, get("")),
    Row("part of a host is none", of(IDLE, urls={"www": [2], "a/": [2]}), 1, R.NO_RIVAL, get("/x")),
    Row("a longer path before a host", of(*FOUR, urls={"www.a/": [2], "/x": [3]}), 3, R.NO_RIVAL, get("/x")),
    Row("the host for one path", of(*FOUR, urls={"www.a/x": [2], "/x": [3]}), 2, R.NO_RIVAL, get("/x")),
    Row("no path", of(IDLE, urls={"/": [2]}), 1, R.NO_RIVAL, get("")),
    Row("the best of its servers", of(IDLE, Told(cpu=9), Told(cpu=8), urls={"/": [2, 3]}), 3, R.LEAST_CPU,
        left_out=((2, X.MORE_CPU),)),
    Row("the origin is one of them", of(Told(cpu=10), IDLE, urls={"/": [2, 1]}), 1, R.ORIGIN_PREFERRED,
        left_out=((2, X.ORIGIN_PREFERRED),)),
    Row("the origin is none of them", of(IDLE, Told(cpu=90), urls={"/": [2]}), 2, R.NO_RIVAL),
    Row("its server does not listen", of(IDLE, LISTENS_NOT, IDLE, urls={"/": [2]}), 1, R.NO_ROOM,
        left_out=((2, X.NOT_LISTENING),)),
    Row("its server is silent", of(IDLE, SILENT, IDLE, urls={"/": [2]}), 1, R.NO_ROOM, left_out=((2, X.SILENT),)),
]  # fmt: skip

WEIGHED = [
    Row("least CPU", of(Told(cpu=50), Told(cpu=20), Told(cpu=30)), 2, R.LEAST_CPU,
        left_out=((1, X.MORE_CPU), (3, X.MORE_CPU))),
    Row("fewest connections", of(ALL_BUSY, Told(connections=2), Told(connections=1)), 3, R.FEWEST_CONNECTIONS,
        left_out=((1, X.BUSY), (2, X.MORE_CONNECTIONS))),
    Row("most bandwidth", of(ALL_BUSY, Told(bandwidth=1), Told(bandwidth=2)), 3, R.MOST_BANDWIDTH,
        left_out=((1, X.BUSY), (2, X.LESS_BANDWIDTH))),
    Row("lowest address", of(ALL_BUSY, IDLE, IDLE), 2, R.LOWEST_ADDRESS, left_out=((1, X.BUSY), (3, X.HIGHER_ADDRESS))),
    Row("CPU before connections", of(ALL_BUSY, Told(cpu=1), Told(connections=9)), 3, R.LEAST_CPU,
        left_out=((1, X.BUSY), (2, X.MORE_CPU))),
    Row("connections before bandwidth", of(ALL_BUSY, Told(connections=1, bandwidth=9), IDLE), 3, R.FEWEST_CONNECTIONS,
        left_out=((1, X.BUSY), (2, X.MORE_CONNECTIONS))),
    Row("the origin within 10 points", of(Told(cpu=30), Told(cpu=20)), 1, R.ORIGIN_PREFERRED,
        left_out=((2, X.ORIGIN_PREFERRED),)),
    Row("not beyond", of(Told(cpu=30.01), Told(cpu=20)), 2, R.LEAST_CPU, left_out=((1, X.MORE_CPU),)),
    Row("the origin with more connections", of(Told(connections=9), IDLE), 1, R.ORIGIN_PREFERRED,
        left_out=((2, X.ORIGIN_PREFERRED),)),
    Row("one better, one worse than the origin", of(Told(cpu=25), Told(cpu=20), Told(cpu=40)), 1, R.ORIGIN_PREFERRED,
        left_out=((2, X.ORIGIN_PREFERRED), (3, X.MORE_CPU))),
    Row("the origin is the best", of(IDLE, Told(cpu=1)), 1, R.LEAST_CPU, left_out=((2, X.MORE_CPU),)),
    Row("94.99 % is room", of(ALL_BUSY, Told(cpu=94.99)), 2, R.NO_RIVAL, left_out=((1, X.BUSY),)),
    Row("95 % is none, for the origin neither", of(ALL_BUSY, Told(cpu=90)), 2, R.NO_RIVAL, left_out=((1, X.BUSY),)),
    Row("just enough memory", of(ALL_BUSY, Told(memory=5, needs=5)), 2, R.NO_RIVAL, left_out=((1, X.BUSY),)),
    Row("too little memory", of(IDLE, Told(memory=4, needs=5)), 1, R.NO_RIVAL, left_out=((2, X.NO_MEMORY),)),
    Row("each by its own process's needs", of(Told(memory=5, needs=6), Told(memory=5, needs=5)), 2, R.NO_RIVAL,
        left_out=((1, X.NO_MEMORY),)),
    Row("none has room", of(ALL_BUSY, ALL_BUSY), 1, R.NO_ROOM, left_out=((1, X.BUSY), (2, X.BUSY))),
    Row("silent for 3 s", of(Told(cpu=90), SILENT), 1, R.NO_RIVAL, left_out=((2, X.SILENT),)),
    Row("silent for less", of(Told(cpu=90), Told(ago=2.9)), 2, R.LEAST_CPU, left_out=((1, X.MORE_CPU),)),
    Row("the origin need not hear itself", of(SILENT), 1, R.NO_RIVAL),
    Row("nobody is known", Scene({}), 1, R.NO_ROOM),
    Row("a socket alone is no server", of(LISTENS_NOT, LISTENS_NOT), 1, R.NO_ROOM),
    Row("no request", of(IDLE, Told(cpu=1), urls={"/": [2]}, s=2), 1, R.LEAST_CPU, None, ((2, X.MORE_CPU),)),
]  # fmt: skip

ROWS = [*COOKIES, *URLS, *WEIGHED]


@pytest.mark.parametrize("row", ROWS, ids=[row.title for row in ROWS])
def test_the_server_that_is_chosen_and_why(row: Row) -> None:
    decision = choose(row.request, PORT, known(row.scene), NOW)
    assert decision.server == server(row.chosen)
    assert decision.steps[-1].reason is row.reason
    if row.left_out:
        found = {one.server: one.left_out for one in decision.candidates if one.left_out is not None}
        assert found == {server(number): why for number, why in row.left_out}


def test_the_way_to_a_server_is_told_rule_by_rule() -> None:
    scene = of(IDLE, LISTENS_NOT, IDLE, urls={"/a": [3]}, s=2)
    steps = choose(get("/a/b", ipos="s"), PORT, known(scene), NOW).steps
    assert [(step.rule, step.reason, step.about) for step in steps] == [
        (1, R.KEEPER_NOT_LISTENING, "s"),
        (2, R.URL, "/a"),
        (4, R.NO_RIVAL, ""),
    ]


@pytest.mark.parametrize(
    ("request_", "told", "reasons"),
    [
        (None, IDLE, [R.NO_REQUEST, R.LISTENERS, R.LOWEST_ADDRESS]),
        (get(), IDLE, [R.NO_COOKIE, R.NO_URL, R.LISTENERS, R.LOWEST_ADDRESS]),
        (get(ipos="t"), IDLE, [R.COOKIE_UNKNOWN, R.NO_URL, R.LISTENERS, R.LOWEST_ADDRESS]),
        (get(ipos="s"), SILENT, [R.KEEPER_SILENT, R.NO_URL, R.LISTENERS, R.NO_RIVAL]),
        (get(ipos="s"), IDLE, [R.KEEPER]),
    ],
)
def test_each_rule_says_what_came_of_it(request_: Request | None, told: Told, reasons: list[Reason]) -> None:
    steps = choose(request_, PORT, known(of(IDLE, told, s=2)), NOW).steps
    assert [step.reason for step in steps] == reasons


def test_udp_is_chosen_for_by_sockets_and_state_only() -> None:
    """UDP-1: neither URL nor cookie, nor what the application on the TCP port of that number needs."""
    scene = of(Told(cpu=50, needs=1), Told(memory=1, needs=2), Told(cpu=60), urls={"/": [3]}, s=3)
    knowledge = known(scene, Protocol.UDP)
    for heard in known(scene).listening[Protocol.TCP]:
        knowledge.listening[Protocol.TCP].put(heard.record, heard.server, NOW)
    assert choose(get(ipos="s"), PORT, knowledge, NOW, Protocol.UDP).server == server(2)
    assert choose(None, PORT, knowledge, NOW).server == server(1)


def test_a_port_of_tcp_is_none_of_udp() -> None:
    assert choose(None, PORT, known(of(IDLE, IDLE), Protocol.UDP), NOW).steps[-1].reason is R.NO_ROOM


def test_a_full_table_takes_changes_but_nothing_new() -> None:
    """TAB-4: what is there may change, nothing is evicted."""
    knowledge = known(of())
    table = knowledge.cookies
    bound = table.table.bound.records
    entry = next(iter(known(of(s=2)).cookies)).record
    for number in range(bound):
        assert table.put(type(entry)(cookie_id=f"{number}", server_ip=server(1)), server(1), NOW)
    assert not table.put(entry, server(2), NOW)
    assert table.put(type(entry)(cookie_id="0", server_ip=server(2)), server(2), NOW)
    assert (knowledge.keeper("0"), knowledge.keeper("s"), len(table)) == (server(2), None, bound)


def test_what_an_operator_says_counts_until_the_server_itself_speaks() -> None:
    knowledge = known(of(Told(cpu=90), BY_HAND))
    assert choose(None, PORT, knowledge, NOW).server == server(2)
    (spoken,) = [heard.record for heard in knowledge.server_state if heard.server == server(2)]
    knowledge.server_state.put(spoken, server(2), NOW)
    assert choose(None, PORT, knowledge, NOW + 2.9).server == server(2)
    assert choose(None, PORT, knowledge, NOW + 3).server == server(1)


def test_the_operators_factor_scales_how_long_a_server_counts_as_heard_of() -> None:
    """TIM-1."""
    knowledge = Knowledge.of(replace(SETTINGS, timer_scale=0.1))
    knowledge.server_state.put(idle(server(2)), server(2), NOW)
    assert knowledge.state(server(2), NOW + 0.29) is not None
    assert knowledge.state(server(2), NOW + 0.31) is None


_TOLD = st.builds(
    Told,
    cpu=st.sampled_from([0, 10, 10.01, 94.99, 95, 100]),
    connections=st.integers(0, 2),
    memory=st.integers(0, 2),
    bandwidth=st.integers(0, 2),
    needs=st.none() | st.integers(0, 2),
    listens=st.booleans(),
    ago=st.sampled_from([None, 0.0, 2.9, 3.0, -1.0]),
)
_NUMBER = st.integers(1, 4)
_PATH = st.just("") | st.lists(st.sampled_from(["/", "a", "b", "*"]), max_size=5).map(
    lambda parts: "/" + "".join(parts)
)
_HOST = st.sampled_from(["", "a", "www.a"])
_URL = st.builds("{}{}".format, _HOST, _PATH)
_SCENE = st.builds(
    Scene,
    st.dictionaries(_NUMBER, _TOLD),
    st.dictionaries(_URL, st.lists(_NUMBER, unique=True), max_size=4),
    st.dictionaries(st.sampled_from("st"), _NUMBER),
)
_REQUEST = st.none() | st.builds(
    Request,
    st.just("GET"),
    _PATH,
    _HOST,
    st.lists(st.tuples(st.sampled_from(["ipos", "x"]), st.sampled_from("stu")), max_size=2).map(tuple),
)


@given(_SCENE, _REQUEST, st.sampled_from(Protocol))
@example(of(*FOUR), None, Protocol.TCP)
def test_whatever_is_known_a_choice_is_made_alike_each_time(
    scene: Scene, request_: Request | None, protocol: Protocol
) -> None:
    """Total, deterministic, without effect, and the same in whatever order the tables were filled."""
    knowledge = known(scene, protocol)
    before = copy.deepcopy(_contents(knowledge))
    decision = choose(request_, PORT, knowledge, NOW, protocol)
    assert _contents(knowledge) == before
    assert choose(request_, PORT, knowledge, NOW, protocol) == decision
    assert choose(request_, PORT, known(scene, protocol, backwards=True), NOW, protocol) == decision


@given(_SCENE, _REQUEST)
def test_nobody_is_chosen_who_can_not_serve_but_the_origin(scene: Scene, request_: Request | None) -> None:
    decision = choose(request_, PORT, known(scene), NOW)
    chosen = {server(number): told for number, told in scene.servers.items()}.get(decision.server)
    if decision.server != server(1):
        assert chosen is not None
        assert chosen.listens
        assert chosen.ago is None or chosen.ago < 3
    if decision.server != server(1) and decision.steps[-1].reason is not Reason.KEEPER:
        assert chosen is not None
        assert chosen.cpu < 95
        assert chosen.memory >= (chosen.needs or 0)


@given(_SCENE, _REQUEST)
def test_everybody_weighed_has_one_verdict(scene: Scene, request_: Request | None) -> None:
    decision = choose(request_, PORT, known(scene), NOW)
    winners = [one.server for one in decision.candidates if one.left_out is None]
    none_has = decision.steps[-1].reason in (Reason.NO_ROOM, Reason.KEEPER)
    assert winners == ([] if none_has else [decision.server])


@given(_URL, _HOST, _PATH)
def test_a_prefix_matches_as_its_definition_says(url: str, host: str, path: str) -> None:
    """Section 10, 2, said otherwise: the host is that or none, the path the same or cut at a slash."""
    host_of_entry, slash, rest = url.partition("/")
    prefix = slash + rest
    cut = path.startswith(prefix) and (prefix.endswith("/") or path[len(prefix) :][:1] in ("", "/") or not prefix)
    matches = cut and host_of_entry in ("", host)
    steps = choose(Request("GET", path, host), PORT, known(Scene({}, {url: [2]})), NOW).steps
    assert any(step.reason is Reason.URL for step in steps) is matches


def _contents(knowledge: object) -> list[object]:
    tables = vars(knowledge)
    known_tables = [tables["server_state"], tables["applications"], tables["urls"], tables["cookies"]]
    return [list(table) for table in (*known_tables, *tables["listening"].values())]
