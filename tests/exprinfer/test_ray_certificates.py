"""With Ray, answers are certified by the same certificates as without it."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from exprinfer import Certificate, CertificateError
from exprinfer.cli import main
from exprinfer.runtime.model_file import find
from training.expressions import sample

pytest.importorskip("ray", reason="Ray is not installed")
pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")

from pyarrow import parquet  # noqa: E402

from exprinfer.ray import Evaluate, data_set, score_dataset  # noqa: E402
from exprinfer.ray.connection import connected, import_ray  # noqa: E402
from exprinfer.ray.tasks import run_tasks  # noqa: E402

GIST = find("gist")
Write = Callable[..., Path]


@pytest.fixture(scope="module")
def running_ray() -> Iterator[None]:
    with connected(import_ray(), None, 2):
        yield


@pytest.fixture
def no_ray(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail if Ray is used."""
    monkeypatch.setattr(data_set, "connected", lambda *_: pytest.fail("Ray was used"))


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a certificate that says that all answers of the gist are right, with changes."""

    def written(**changes: Any) -> Path:
        content = json.loads(GIST.with_name("certificate.json").read_text())
        content |= {"domain": "seed", "right": content["checked"], **changes}
        path = tmp_path / "mine.json"
        path.write_text(json.dumps(content))
        return path

    return written


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Expressions of the seed domain, and some that have no answer or are outside of it."""
    path = tmp_path / "lines.txt"
    path.write_text("\n".join([*sample(200, seed=4).texts(), "1+", "1/0", "100+1"]))
    return path


def command(source: Path, output: Path, certificate: Path, *options: str) -> list[str]:
    model = ["--model", "gist", "--device", "cpu", "--certificate", str(certificate)]
    return ["score", str(source), "--output", str(output), *model, *options]


def without_log_probs(path: Path) -> list[dict[str, Any]]:
    """Return the rows; log-probabilities may differ in the last digits."""
    return parquet.read_table(path).drop_columns(["log_prob"]).to_pylist()  # type: ignore[no-any-return]


@pytest.mark.usefixtures("running_ray")
def test_the_command_certifies_what_it_certifies_without_ray(
    tmp_path: Path, source: Path, write: Write
) -> None:
    certificate = write()
    plain = CliRunner().invoke(main, command(source, tmp_path / "a.parquet", certificate))
    assert plain.exit_code == 1, plain.output  # some lines have no answer
    assert "200 of them certified" in plain.stderr
    done = CliRunner().invoke(main, command(source, tmp_path / "b", certificate, "--ray"))
    assert done.exit_code == 1, done.output
    assert "200 answered and certified" in done.stderr
    assert without_log_probs(tmp_path / "b") == without_log_probs(tmp_path / "a.parquet")


@pytest.mark.usefixtures("running_ray")
def test_the_workers_need_no_file_of_the_certificate(
    tmp_path: Path, source: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = write()

    def run(*arguments: Any, **options: Any) -> Any:
        certificate.unlink()
        return run_tasks(*arguments, **options)

    monkeypatch.setattr(data_set, "run_tasks", run)
    output = str(tmp_path / "out")
    totals = score_dataset(str(source), output, model="gist", certificates=[certificate])
    assert totals.certified == 200
    # In the same workers: what they opened for one run does not count in the next one.
    monkeypatch.undo()
    assert score_dataset(str(source), f"{output}2", model="gist").certified == 0


@pytest.mark.usefixtures("no_ray")
@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"file_sha256": "0" * 64}, "belongs to another file"),
        ({"model": "yours"}, r"is about yours 1\.0, but .* is gist 1\.0"),
        ({"right": -1}, "is not a valid certificate"),
    ],
)
def test_a_wrong_certificate_is_refused_before_ray_starts(
    changes: dict[str, Any], reason: str, tmp_path: Path, source: Path, write: Write
) -> None:
    certificate = write(**changes)
    with pytest.raises(CertificateError, match=reason) as raised:
        score_dataset(str(source), str(tmp_path / "out"), model="gist", certificates=[certificate])
    assert str(certificate) in str(raised.value)
    done = CliRunner().invoke(main, command(source, tmp_path / "out", certificate, "--ray"))
    plain = CliRunner().invoke(main, command(source, tmp_path / "out.parquet", certificate))
    assert done.exit_code == plain.exit_code == 2
    assert plain.stderr.splitlines()[-1] == done.stderr.splitlines()[-1]
    assert sorted(tmp_path.iterdir()) == sorted([source, certificate])


def test_a_callable_takes_a_certificate_that_was_read_on_another_machine(write: Write) -> None:
    path = write()
    certificate = pickle.loads(pickle.dumps(Certificate.read(path)))
    path.unlink()
    table = pa.table({"sum": ["5+3", "100+1"]})
    found = Evaluate("sum", model="gist", certificates=[certificate])(table)
    assert found["certified"].to_pylist() == [True, False]
    assert not Evaluate("sum", model="gist")(table)["certified"].to_pylist()[0]
    with pytest.raises(CertificateError, match=r"certificate of gist 1\.0 belongs to another file"):
        Evaluate("sum", model="exact", certificates=[certificate])
