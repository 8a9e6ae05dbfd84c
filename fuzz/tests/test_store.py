"""Findings are written whole or not at all, and none is lost: whatever fails, whenever it does."""

import shutil
from pathlib import Path

import pytest
from ipos_fuzz.errors import FuzzError
from ipos_fuzz.findings import store as module
from ipos_fuzz.findings.finding import Finding, Proof
from ipos_fuzz.findings.store import Store, find, page
from made_campaign import crash, written, wrong_answer


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "findings"


def failing(monkeypatch, name: str) -> None:
    """From now on, one of a finding's files does not fit any more."""
    write = module.write_through

    def full(path: Path, octets: bytes) -> None:
        if path.name == name:
            write(path, octets[: len(octets) // 2])
            raise OSError(28, "No space left on device", str(path))
        write(path, octets)

    monkeypatch.setattr(module, "write_through", full)


def test_what_was_kept_is_read(folder):
    store = Store(folder)
    for one in (wrong_answer(), crash()):
        store.keep(written(one))
    assert store.trouble == ""
    assert Store(folder).read() == [crash(), wrong_answer()]  # in the order in which they were found


@pytest.mark.parametrize("name", ["finding.json", "finding.pcapng", "reproduce.py", "README.md"])
def test_finding_that_does_not_fit_leaves_nothing_and_is_written_later(folder, monkeypatch, name):
    store = Store(folder)
    with monkeypatch.context() as patch:
        failing(patch, name)
        store.keep(written(crash()))
        assert "No space left on device" in store.trouble
        assert list(folder.iterdir()) == []
        assert not store.retry()
    assert Store(folder).read() == []
    assert store.retry()
    assert (store.trouble, store.unwritten) == ("", {})
    assert Store(folder).read() == [crash()]


def test_one_that_does_not_fit_is_in_nobody_s_way(folder, monkeypatch):
    store = Store(folder)
    failing(monkeypatch, "first.pcapng")  # that only one of them has
    store.keep(written(wrong_answer()))
    store.keep(written(crash()))
    assert list(store.unwritten) == [wrong_answer().slug]
    assert Store(folder).read() == [crash()]


def test_what_a_kill_has_left_half_written_is_none(folder):
    store = Store(folder)
    store.keep(written(crash()))
    half = folder / f".{wrong_answer().slug}.new"
    half.mkdir()
    (half / "finding.json").write_text("{")
    assert Store(folder).read() == [crash()]
    assert find(folder.parent, []) == [folder / crash().slug]
    store.keep(written(wrong_answer()))
    assert {file.name for file in folder.iterdir()} == {crash().slug, wrong_answer().slug}


def test_better_proof_takes_the_place_of_the_former(folder):
    store = Store(folder)
    store.keep(written(crash(first=crash().frames)))
    assert (folder / crash().slug / "first.pcapng").exists()
    store.keep(written(crash(what="otherwise")))
    (found,) = store.read()
    assert found.what == "otherwise"
    assert not (folder / crash().slug / "first.pcapng").exists()


def test_former_proof_is_there_if_the_better_one_can_not_take_its_place(folder):
    """Killed in between: the former is beside, under another name."""
    store = Store(folder)
    store.keep(written(crash()))
    shutil.move(folder / crash().slug, folder / f".{crash().slug}.old")
    assert Store(folder).read() == [crash()]
    assert [file.name for file in folder.iterdir()] == [crash().slug]


def test_what_a_kill_has_left_beside_the_better_proof_is_in_nobody_s_way(folder):
    """Killed before the former, which is aside, was thrown away: the next one can be written all the same."""
    store = Store(folder)
    store.keep(written(crash()))
    shutil.copytree(folder / crash().slug, folder / f".{crash().slug}.old")
    store.keep(written(crash(what="otherwise")))
    assert store.trouble == ""
    assert [found.what for found in store.read()] == ["otherwise"]
    assert [file.name for file in folder.iterdir()] == [crash().slug]


def test_findings_that_can_not_be_seen_are_not_taken_for_none(folder):
    folder.symlink_to(folder)  # as good as a folder that is somebody else's, and root is told so, too
    for look in (Store(folder).read, lambda: find(folder.parent, [])):
        with pytest.raises(FuzzError, match="expected findings that can be read"):
            look()


@pytest.mark.parametrize("name", ["x" * 300, "some\0", ""])
def test_name_that_no_folder_can_have(folder, name):
    with pytest.raises(FuzzError, match="expected a finding's folder"):
        find(folder.parent, [name])


def test_page_tells_why_a_proof_is_unfinished_as_it_was_told():
    proof = Proof(confirmed=0, of=0, tries=0, cut_short=False, unfinished="/dev/net/tun: Permission denied by SELinux")
    assert "Seen, and not tried to the end: /dev/net/tun: Permission denied by SELinux.\n" in page(crash(proof=proof))


def test_page_says_by_what_the_target_was_started():
    launched = crash().target.model_copy(update={"command": ("python", "-m", "my router", "it's.toml")})
    told = "\n".join(page(crash(target=launched)))
    assert "    python -m 'my router' 'it'\"'\"'s.toml'\n" in told + "\n"
    device = crash().target.model_copy(update={"command": ()})
    assert "started by" not in "\n".join(page(crash(target=device)))


def test_long_signatures_that_begin_alike_have_folders_of_their_own():
    first, second = (crash(signature=f"model/TGT-1/{'a very long story ' * 8}{end}").slug for end in ("here", "there"))
    assert first != second
    assert max(len(first), len(second)) <= 80


@pytest.mark.parametrize("signature", ["../../etc/passwd", "/", "log/\0", "x" * 300, "log/Ünïcödé"])
def test_signature_is_no_path(signature):
    finding: Finding = crash(signature=signature)
    assert "/" not in finding.slug
    assert "." not in finding.slug
    assert 0 < len(finding.slug.encode()) < 200
