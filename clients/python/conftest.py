"""Starts the real server and generates the stubs from proto/, as any caller would."""

import importlib
import os
import pathlib
import socket
import subprocess
import sys
import time

import grpc
import pytest
from grpc_tools import protoc

ROOT = pathlib.Path(__file__).resolve().parents[2]
AGGLO = ROOT / os.environ.get("AGGLO", "target/debug/agglo")


@pytest.fixture(scope="session")
def stubs(tmp_path_factory):
    """The modules that protoc generates from proto/, by name."""
    out = tmp_path_factory.mktemp("stubs")
    protos = sorted((ROOT / "proto/agglo").rglob("*.proto"))
    include = pathlib.Path(protoc.__file__).parent / "_proto"
    arguments = ["protoc", f"-I{ROOT / 'proto'}", f"-I{include}", f"--python_out={out}", f"--grpc_python_out={out}"]
    assert protoc.main(arguments + [str(p) for p in protos]) == 0
    sys.path.insert(0, str(out))
    return lambda name: importlib.import_module(f"agglo.v1.{name}")


@pytest.fixture(scope="session")
def address(tmp_path_factory):
    """The address of a running server, which ends with the tests."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"127.0.0.1:{port}"
    store = tmp_path_factory.mktemp("store")
    server = subprocess.Popen([AGGLO, "serve", "--listen", address, "--store", store])
    for _ in range(100):
        if subprocess.run([AGGLO, "healthcheck", "--endpoint", f"http://{address}"], capture_output=True).returncode == 0:
            break
        assert server.poll() is None, "the server ended early"
        time.sleep(0.1)
    else:
        pytest.fail("the server did not come up")
    yield address
    server.terminate()
    assert server.wait(timeout=30) == 0


@pytest.fixture(scope="session")
def channel(address):
    with grpc.insecure_channel(address) as channel:
        yield channel
