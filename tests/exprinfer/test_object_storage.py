"""Data sets in S3 storage, scored with Ray. The storage is moto's server on this machine."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from training.expressions import sample

pytest.importorskip("ray", reason="Ray is not installed")
pytest.importorskip("moto.server", reason="moto is not installed: pip install 'moto[server]'")

import pyarrow as pa
from pyarrow import fs, parquet

from exprinfer.cli import main
from exprinfer.errors import OutputError
from exprinfer.ray import score_dataset, tasks
from exprinfer.ray.connection import connected, import_ray
from exprinfer.scoring.reading.locations import locate
from exprinfer.scoring.writing.result_folder import SUCCESS, Folder, whole_folder
from tests.fuzz.ray_kills import WORKER
from tests.processes import ray_processes

boto3 = pytest.importorskip("boto3", reason="boto3 is not installed; moto needs it")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        "EXPRINFER_TEST_S3" not in os.environ, reason="takes a minute: set EXPRINFER_TEST_S3=1"
    ),
]
BUCKET = "exprinfer-test"
TEXTS = list(sample(2_000, seed=3).texts())


class Server:
    """A server of S3 storage, which keeps its objects in memory."""

    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: Any = None

    def start(self) -> None:
        words = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)]
        self._process = subprocess.Popen(
            words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        while True:
            try:
                urllib.request.urlopen(f"{self.url}/moto-api/", timeout=1).close()
                return
            except OSError:
                assert self._process.poll() is None
                time.sleep(0.1)

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()

    def check_credentials(self, after: str) -> None:
        """Check them after so many requests; there are no right ones."""
        request = urllib.request.Request(
            f"{self.url}/moto-api/reset-auth",
            data=after.encode(),
            headers={"Content-Type": "text/plain"},
            method="POST",
        )
        urllib.request.urlopen(request).close()

    def pause(self, seconds: float) -> None:
        """Do not answer for some time, and then go on with all objects."""
        with self.paused():
            time.sleep(seconds)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Do not answer until the block ends."""
        self._process.send_signal(signal.SIGSTOP)
        yield
        self._process.send_signal(signal.SIGCONT)

    def uploads(self) -> list[str]:
        """Return the names of the objects of which only some parts were written yet."""
        found = boto3.client("s3").list_multipart_uploads(Bucket=BUCKET).get("Uploads", [])
        return [upload["Key"].rpartition("/")[2] for upload in found]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server whose address and credentials are in the environment, and a cluster that has it."""
    storage = Server()
    storage.start()
    settings = {
        "AWS_ENDPOINT_URL": storage.url,
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    fs.S3FileSystem(endpoint_override=storage.url, allow_bucket_creation=True).create_dir(BUCKET)
    try:
        with connected(import_ray(), None, 2):
            yield storage
    finally:
        storage.stop()
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@pytest.fixture
def place(server: Server, request: pytest.FixtureRequest) -> str:
    """The URI of a folder that holds nothing else, with three files to score."""
    uri = f"s3://{BUCKET}/{request.node.name}"
    system, path = locate(uri, None)
    for number in range(3):
        with system.open_output_stream(f"{path}/in/{number}.txt") as file:
            file.write("\n".join(TEXTS).encode())
    return uri


def listed(uri: str) -> set[str]:
    system, path = locate(uri, None)
    entries = system.get_file_info(fs.FileSelector(path, allow_not_found=True, recursive=True))
    return {entry.base_name for entry in entries if entry.is_file}


def read(uri: str) -> Any:
    system, path = locate(uri, None)
    return parquet.read_table(path, filesystem=system)


def is_complete(uri: str) -> bool:
    """Check the results, and return whether there are any."""
    if SUCCESS not in listed(uri):
        return False
    assert read(uri)["expression"].to_pylist() == TEXTS * 3
    return True


def test_a_data_set_is_read_and_written(place: str) -> None:
    done = CliRunner().invoke(main, ["score", f"{place}/in", "--output", f"{place}/out", "--ray"])
    assert done.exit_code == 0, done.stderr
    assert is_complete(f"{place}/out")
    assert sorted(set(read(f"{place}/out")["source"].to_pylist())) == [
        f"{place}/in/{number}.txt" for number in range(3)
    ]
    system, path = locate(f"{place}/out/{SUCCESS}", None)
    with system.open_input_file(path) as file:
        manifest = json.loads(file.read())
    assert manifest["rows_in"] == manifest["rows_out"] == 6_000
    assert listed(f"{place}/out") == {*manifest["files"], SUCCESS}


def test_all_formats_are_read(place: str, tmp_path: Path) -> None:
    table = pa.table({"id": ["007", "08"], "sum": ["1+2", "3+4"]})
    system, path = locate(place, None)
    contents = {
        "a.csv": b"id,sum\n007,1+2\n08,3+4\n",
        "b.tsv.zst": pa.Codec("zstd").compress(b"id\tsum\n007\t1+2\n08\t3+4\n", asbytes=True),
        "c.jsonl": b'{"id": "007", "sum": "1+2"}\n{"id": "08", "sum": "3+4"}\n',
    }
    for name, content in contents.items():
        with system.open_output_stream(f"{path}/tables/{name}", compression=None) as file:
            file.write(content)
    parquet.write_table(table, f"{path}/tables/d.parquet", filesystem=system)
    assert score_dataset(f"{place}/tables", f"{place}/out").rows == 8
    results = read(f"{place}/out")
    assert results["id"].to_pylist() == ["007", "08"] * 4
    assert results["value"].to_pylist() == [3, 7] * 4


def test_a_failed_run_leaves_nothing_and_can_be_repeated(place: str) -> None:
    system, path = locate(place, None)
    with system.open_output_stream(f"{path}/in/9.csv") as file:
        file.write(b"sum\n1+2\n")
    with pytest.raises(OutputError, match="different columns"):
        score_dataset(f"{place}/in", f"{place}/out")
    assert listed(f"{place}/out") == set()
    system.delete_file(f"{path}/in/9.csv")
    score_dataset(f"{place}/in", f"{place}/out")
    assert is_complete(f"{place}/out")
    with pytest.raises(FileExistsError, match="already exists"):
        score_dataset(f"{place}/in", f"{place}/out")
    assert is_complete(f"{place}/out")


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="finds the workers in /proc")
def test_a_worker_that_is_killed_is_replaced(place: str) -> None:
    system, path = locate(place, None)
    for number in range(3):
        with system.open_output_stream(f"{path}/in/{number}.txt") as file:
            file.write("\n".join(TEXTS * 20).encode())
    with ThreadPoolExecutor(1) as pool:
        run = pool.submit(score_dataset, f"{place}/in", f"{place}/out")
        while not (found := ray_processes(WORKER)):
            assert not run.done()
            time.sleep(0.01)
        os.kill(found[0], signal.SIGKILL)
        assert run.result().rows == 120_000
    assert read(f"{place}/out")["expression"].to_pylist() == TEXTS * 60


def test_an_outage_of_some_seconds_does_not_fail_the_run(place: str, server: Server) -> None:
    """The storage does not answer when the tasks read and write."""
    with ThreadPoolExecutor(1) as pool:
        run = pool.submit(score_dataset, f"{place}/in", f"{place}/out")
        time.sleep(0.5)
        server.pause(8)
        run.result()
    assert is_complete(f"{place}/out")


def test_a_long_outage_is_a_clear_error_and_no_data_set(
    place: str, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "ATTEMPTS", 1)
    put = Folder.put

    def cut_off(folder: Folder, name: str, content: Any) -> None:
        """Take the storage away when all results are there."""
        server.stop()
        put(folder, name, content)

    monkeypatch.setattr(Folder, "put", cut_off)
    try:
        with pytest.raises(OSError, match=r"(?i)connect"):
            score_dataset(f"{place}/in", f"{place}/out")
    finally:
        server.start()  # its memory is empty now
        fs.S3FileSystem(endpoint_override=server.url, allow_bucket_creation=True).create_dir(BUCKET)
    assert not is_complete(f"{place}/out")


def test_wrong_credentials_and_a_missing_bucket_are_clear_errors(server: Server) -> None:
    done = CliRunner().invoke(
        main, ["score", "s3://no-such-bucket/in", "--output", f"s3://{BUCKET}/no", "--ray"]
    )
    assert done.exit_code == 2
    assert "no such file or folder" in done.stderr
    server.check_credentials(after="0")
    try:
        done = CliRunner().invoke(
            main, ["score", f"s3://{BUCKET}/in", "--output", f"s3://{BUCKET}/no", "--ray"]
        )
    finally:
        server.check_credentials(after="Infinity")
    assert done.exit_code == 2
    assert "ACCESS_DENIED" in done.stderr or "InvalidAccessKeyId" in done.stderr, done.stderr
    assert "Traceback" not in done.stderr


def test_of_twenty_runs_at_one_folder_exactly_one_writes(place: str) -> None:
    def run(number: int) -> str:
        try:
            with whole_folder(f"{place}/out", None) as folder:
                folder.put(f"{folder.run}-0.parquet", str(number).encode())
                time.sleep(0.5)
        except FileExistsError as error:
            return str(error)
        return folder.run

    with ThreadPoolExecutor(20) as pool:
        outcomes = list(pool.map(run, range(20)))
    winners = [outcome for outcome in outcomes if " " not in outcome]
    assert len(winners) == 1
    assert listed(f"{place}/out") == {SUCCESS, f"{winners[0]}-0.parquet"}


LARGE_ROWS, LARGE_FILES = 100_000, 2


@pytest.fixture
def large(place: str) -> str:
    """The URI of two Parquet files whose results have some 25 MB each, and are not compressible."""
    texts = (TEXTS * (LARGE_ROWS // len(TEXTS)))[:LARGE_ROWS]
    system, path = locate(place, None)
    for number in range(LARGE_FILES):
        ids = [os.urandom(128).hex() for _ in range(LARGE_ROWS)]
        table = pa.table({"id": ids, "expression": texts})
        parquet.write_table(table, f"{path}/large/{number}.parquet", filesystem=system)
    return f"{place}/large"


def kill_in_mid_upload(
    server: Server, find: Callable[[], list[int]], is_done: Callable[[], bool]
) -> set[str]:
    """Kill processes while they write the parts of an object; return the names of such objects."""
    before = set(server.uploads())
    while not (begun := set(server.uploads()) - before):
        assert not is_done()
        time.sleep(0.005)
    with server.paused():
        for process in find():
            os.kill(process, signal.SIGKILL)
    return begun


def check_large(uri: str, source: str) -> None:
    """Check that the results hold all rows, once and in order, and were written in parts."""
    results, given = read(uri), read(source)
    assert results.select(["id", "expression"]).equals(given)
    system, path = locate(uri, None)
    for name in listed(uri) - {SUCCESS}:
        with system.open_input_file(f"{path}/{name}") as file:
            assert file.size() > 2 * 5_000_000
        key = f"{path}/{name}".removeprefix(f"{BUCKET}/")
        etag = boto3.client("s3").head_object(Bucket=BUCKET, Key=key)["ETag"].strip('"')
        assert int(etag.partition("-")[2]) >= 2, etag  # the number of parts


def test_large_results_are_written_in_parts(large: str) -> None:
    totals = score_dataset(large, f"{large}.out", name_files=False)
    assert totals.rows == LARGE_ROWS * LARGE_FILES
    check_large(f"{large}.out", large)


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="finds the workers in /proc")
def test_a_worker_that_is_killed_between_two_parts_leaves_no_object(
    large: str, server: Server
) -> None:
    with ThreadPoolExecutor(1) as pool:
        run = pool.submit(score_dataset, large, f"{large}.out", name_files=False)
        begun = kill_in_mid_upload(server, lambda: ray_processes(WORKER), run.done)
        assert begun.isdisjoint(listed(f"{large}.out"))
        assert SUCCESS not in listed(f"{large}.out")
        assert run.result().rows == LARGE_ROWS * LARGE_FILES
    assert begun <= set(server.uploads())  # what the killed worker began is never completed
    check_large(f"{large}.out", large)


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="finds the workers in /proc")
def test_a_run_that_is_killed_between_two_parts_leaves_no_data_set(
    large: str, server: Server
) -> None:
    out = f"{large}.out"
    words = [sys.executable, "-m", "exprinfer", "score", large, "--output", out, "--no-source"]

    def start() -> subprocess.Popen[str]:
        return subprocess.Popen([*words, "--ray"], stderr=subprocess.PIPE, text=True)

    with start() as job:
        begun = kill_in_mid_upload(
            server, lambda: [job.pid, *ray_processes(WORKER)], lambda: job.poll() is not None
        )
    assert job.returncode == -signal.SIGKILL
    left = listed(out)
    assert SUCCESS not in left
    assert begun.isdisjoint(left)
    system, path = locate(out, None)
    for name in left:  # any object that is there is whole
        if name.endswith(".parquet"):
            assert parquet.read_table(f"{path}/{name}", filesystem=system).num_rows == LARGE_ROWS
    with start() as job:  # nobody knows that the other run is gone
        told = job.communicate()[1]
    assert job.returncode == 2
    claim = next(name for name in left if name.startswith("_CLAIM-"))
    assert "already exists" in told or f"remove {claim}" in told
    system.delete_dir(path)
    with start() as job:
        told = job.communicate()[1]
    assert job.returncode == 0, told
    check_large(out, large)
