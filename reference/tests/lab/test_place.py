"""The lab's directory: what in it is the lab's, and what goes with it."""

import os
from pathlib import Path

import pytest
from ipos_reference.cli import app
from ipos_reference.lab import laboratory
from ipos_reference.lab.place import LabError, Place, named, remove_files, said, write_json
from typer.testing import CliRunner


def filled(directory: Path) -> Place:
    """A lab's files, as one that was killed leaves them."""
    place = named(directory)
    place.directory.mkdir(exist_ok=True)
    place.log.touch()
    for file in (place.network.with_suffix(".draft"), place.capture, place.capture.with_name("lans.1.pcapng")):
        file.touch()
    write_json(place.network, {})
    (place.of_server("server-1") / "site").mkdir(parents=True)
    (place.of_server("server-1") / "site" / "index.html").touch()
    return place


def test_all_that_is_a_labs_goes_and_the_directory_with_it(tmp_path: Path) -> None:
    place = filled(tmp_path / "lab")
    assert remove_files(place)
    assert list(tmp_path.iterdir()) == []


def test_what_somebody_has_put_beside_it_stays(tmp_path: Path) -> None:
    place = filled(tmp_path)
    (tmp_path / "now.pcapng").touch()
    assert laboratory.down(place)
    assert [path.name for path in tmp_path.iterdir()] == ["now.pcapng"]


@pytest.mark.parametrize("name", ["server-1", "network.json"])
def test_what_is_called_as_a_labs_is_not_for_that(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    assert not remove_files(named(tmp_path))
    with pytest.raises(LabError, match="not a lab's: it stays"):
        laboratory.down(named(tmp_path))
    assert (tmp_path / name).exists()


def test_an_empty_directory_is_no_lab(tmp_path: Path) -> None:
    assert not laboratory.down(named(tmp_path))
    assert tmp_path.exists()


def test_a_directory_has_one_name_whichever_way_leads_to_it(tmp_path: Path) -> None:
    (tmp_path / "lab").mkdir()
    (tmp_path / "link").symlink_to("lab")
    ways = [
        tmp_path / "lab",
        tmp_path / "link",
        tmp_path / "lab" / ".." / "lab",
        Path(os.path.relpath(tmp_path / "lab")),
    ]
    assert {named(way).directory for way in ways} == {(tmp_path / "lab").resolve()}


@pytest.mark.parametrize("command", ["up", "down", "status"])
@pytest.mark.parametrize("name", ["file", "x" * 300, "file/below"])
def test_what_can_be_no_directory_is_told_in_one_line(tmp_path: Path, command: str, name: str) -> None:
    (tmp_path / "file").touch()
    done = CliRunner().invoke(app, ["lab", command, "--directory", str(tmp_path / name)])
    assert done.exit_code in (2, 3) or (command, done.exit_code) == ("down", 0)
    assert (done.stdout + done.stderr).count("\n") == 1
    assert (tmp_path / "file").exists()


def test_a_disk_that_is_too_small_is_told_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(laboratory, "_NEEDED", 2**70)
    with pytest.raises(LabError, match=r"found [0-9]+ MiB free there, expected [0-9]+ or more; choose another"):
        laboratory.up(named(tmp_path / "lab"), None, stays=True)
    assert list(tmp_path.iterdir()) == []


def test_what_a_library_complains_of_is_not_told_to_people(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.log.write_text(
        "Traceback (most recent call last):\nlab: the sniffer has ended with status -9\nValueError: -1\n"
    )
    assert said(place) == ["the sniffer has ended with status -9"]
