"""Results are saved with hardware and versions; pages are checked before anything is measured."""

from __future__ import annotations

import json
from pathlib import Path

import click
import numpy as np
import pytest
from click.testing import CliRunner

from bench import gpu, machines
from bench.__main__ import main
from bench.markdown import missing_sections, write_section
from bench.redraw import SECTIONS
from bench.report import RESULTS, Report


def test_results_are_saved_with_hardware_and_versions(tmp_path: Path) -> None:
    report = Report(tmp_path / "new", {})
    saved = report.save("some", {"rate": np.float64(2.5)})
    assert saved["machine"].keys() == {"processor", "instruction sets", "cores", "gpu"}
    assert saved["machine"]["processor"]
    assert json.loads((tmp_path / "new" / "some.json").read_text()) == saved
    assert report.load("some") == saved
    with pytest.raises(click.ClickException, match="run the benchmark first"):
        report.load("other")
    with pytest.raises(TypeError, match="cannot write object as JSON"):
        report.save("some", {"rate": object()})


def test_only_the_text_between_the_comments_is_replaced(page: Path) -> None:
    before = page.read_text()
    write_section(page, "files", r"| new \1 |")
    assert page.read_text() == before.replace(
        "<!-- files -->\nold\n", "<!-- files -->\n| new \\1 |\n"
    )
    with pytest.raises(ValueError, match="has no section <!-- other -->"):
        write_section(page, "other", "text")


def test_a_missing_page_lacks_all_sections(page: Path, tmp_path: Path) -> None:
    assert missing_sections(page, ["gpu", "other"]) == ["other"]
    assert missing_sections(tmp_path / "none.md", ["gpu", "other"]) == ["gpu", "other"]


def test_a_missing_section_is_reported_before_measuring(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def measure(most: int, repeats: int) -> dict[str, object]:
        raise AssertionError("measured")

    monkeypatch.setattr(gpu, "measure", measure)
    page.write_text(page.read_text().replace("<!-- /gpu -->", ""))
    for docs in (page, tmp_path / "none.md"):
        run = CliRunner().invoke(main, ["gpu", "--output", str(tmp_path), "--docs", str(docs)])
        assert run.exit_code == 1
        assert f"Error: missing sections: <!-- gpu --> ... <!-- /gpu --> in {docs}" in run.output
        assert "--no-docs" in run.output
    assert not list(tmp_path.glob("*.json"))


def test_without_docs_no_page_is_read_or_written(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gpu, "measure", lambda most, repeats: {"not measured": "no driver"})
    before = page.read_text()
    options = ["--output", str(tmp_path), "--docs", str(page), "--no-docs"]
    run = CliRunner().invoke(main, ["gpu", *options])
    assert run.exit_code == 0
    assert "no driver" in run.output
    assert page.read_text() == before


def test_plots_and_tables_are_made_again_from_the_results_of_this_repository(
    page: Path, tmp_path: Path
) -> None:
    files = {f"{file}.json" for file, _ in SECTIONS.values()}
    complete = next(
        folder for folder in RESULTS.iterdir() if files <= {path.name for path in folder.iterdir()}
    )
    for path in complete.glob("*.json"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    runner = CliRunner()
    assert runner.invoke(main, ["plot", "--output", str(tmp_path)]).exception is None
    assert (tmp_path / "throughput.png").stat().st_size > 10_000
    assert (tmp_path / "sweeps.png").stat().st_size > 10_000
    paths = ["--output", str(tmp_path), "--docs", str(page), "--readme", str(page)]
    assert runner.invoke(main, ["tables", *paths]).exception is None
    assert "\nold\n" not in page.read_text()
    assert not missing_sections(page, SECTIONS)
    assert "| faster than Python eval" in page.read_text()


def test_machines_stand_side_by_side(tmp_path: Path) -> None:
    rows = {
        "ours": {"name": "exprinfer", "skipped": "", "rate": 300.0},
        "eval": {"name": "eval", "skipped": "", "rate": 100.0},
        "torch-eager": {"name": "PyTorch", "skipped": "not installed"},
    }
    for name, cores in (("first", 2), ("second", 4)):
        machine = {"processor": name, "instruction sets": ["avx2"], "cores": cores, "gpu": None}
        results = {"machine": machine, "throughput": rows, "models": {"exact": "3.0"}}
        (tmp_path / name).mkdir()
        (tmp_path / name / "results.json").write_text(json.dumps(results))
    text = machines.section(tmp_path)
    assert [cell.strip() for cell in text.splitlines()[0].split("|")[2:4]] == ["first", "second"]
    lines = {line.split("|")[1].strip(): line for line in text.splitlines()[2:]}
    assert "3.00x" in lines["faster than Python eval"]
    assert "not measured" in lines["faster than the best of PyTorch and OpenVINO"]
    assert "avx2" in lines["instruction sets"]


def test_plots_need_results(tmp_path: Path) -> None:
    run = CliRunner().invoke(main, ["plot", "--output", str(tmp_path)])
    assert run.exit_code == 1
    assert f"Error: no results in {tmp_path / 'results.json'}" in run.output
