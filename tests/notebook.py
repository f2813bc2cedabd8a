"""Run the notebook of ``examples`` and put what its cells show into it.

What is shown may differ from the notebook only in the decimals of a probability after the third.

``python -m tests.notebook`` writes the present output into the notebook.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

NOTEBOOK = Path(__file__).parent.parent / "examples" / "notebook.ipynb"
_LAST_DIGITS = re.compile(r"(?<=probability 0\.\d{3})\d+")
_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def executed(folder: Path) -> Any:
    """Return the notebook with the present output of its cells, run in a folder.

    Raises:
        nbclient.exceptions.CellExecutionError: If a cell raises an exception.
    """
    import nbclient
    import nbformat

    notebook = nbformat.read(NOTEBOOK, as_version=4)
    paths = [str(NOTEBOOK.parent.parent), os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
    client = nbclient.NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    )
    client.execute(env=environment)
    for cell in notebook.cells:
        cell.metadata.clear()  # times
    notebook.metadata = nbformat.from_dict(_METADATA)
    return notebook


def shown(notebook: Any) -> list[Any]:
    """Return what each cell of code shows, without what may differ."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    outputs = [
        [output.get("data", output.get("text")) for output in cell.outputs] for cell in cells
    ]
    return [_lasting(output) for output in outputs]


def _lasting(value: Any) -> Any:
    if isinstance(value, str):
        return _LAST_DIGITS.sub("", value)
    if isinstance(value, dict):
        return {key: _lasting(inner) for key, inner in value.items()}
    return [_lasting(inner) for inner in value]


def main() -> None:
    """Write the present output into the notebook, if it differs."""
    import nbformat

    notebook = executed(NOTEBOOK.parent)
    if shown(notebook) != shown(nbformat.read(NOTEBOOK, as_version=4)):
        nbformat.write(notebook, NOTEBOOK)
        print(f"refreshed {NOTEBOOK}")


if __name__ == "__main__":
    main()
