"""Starting on this machine: what ports are taken, and what counts as an answer."""

from __future__ import annotations

import json
import socket
import threading
from pathlib import Path

import pytest

from local import Trouble
from local.__main__ import Part
from local.ports import OUTGOING, ports_for, unused_port


def test_a_client_that_asks_before_anybody_listens_cannot_meet_itself() -> None:
    lowest_outgoing = int(OUTGOING.read_text().split()[0]) if OUTGOING.exists() else 32_768
    assert {unused_port() < lowest_outgoing for _ in range(50)} == {True}


def test_the_inner_ports_stand_beside_the_front_and_are_remembered(tmp_path: Path) -> None:
    front = unused_port()
    ports = ports_for(front, tmp_path / "ports.json")
    assert len(set(ports.values())) == 5
    (tmp_path / "ports.json").write_text(json.dumps({name: ports[name] for name in ports if name != "front"}))
    assert ports_for(front, tmp_path / "ports.json") == ports


def test_a_remembered_port_that_somebody_took_is_named(tmp_path: Path) -> None:
    with socket.socket() as somebody:
        somebody.bind(("127.0.0.1", unused_port()))
        somebody.listen()
        taken = somebody.getsockname()[1]
        (tmp_path / "ports.json").write_text(json.dumps({"engine": taken}))
        with pytest.raises(Trouble, match=f"port {taken}, which the stored state names for the engine"):
            ports_for(unused_port(), tmp_path / "ports.json")
        with pytest.raises(Trouble, match=f"port {taken} is in use"):
            ports_for(taken, tmp_path / "none.json")


def _echo_once(listener: socket.socket) -> None:
    caller, _ = listener.accept()
    with caller:
        caller.sendall(caller.recv(4096))


def test_whoever_says_back_what_was_asked_has_not_answered(tmp_path: Path) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", unused_port()))
        listener.listen()
        listener.settimeout(10)
        port = listener.getsockname()[1]
        echo = threading.Thread(target=_echo_once, args=(listener,))
        echo.start()
        part = Part("engine", [], f"http://127.0.0.1:{port}/_ministack/ready", tmp_path / "log")
        assert not part.answers()
        echo.join()
