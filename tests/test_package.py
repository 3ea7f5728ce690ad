"""What is built is what is used: the wheel carries its data and runs from anywhere."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.slow
def test_the_wheel_carries_its_data_and_its_command_runs(tmp_path):
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        archive.extractall(tmp_path / "site")
    for path in (ROOT / "data").rglob("*.toml"):
        assert f"infraplan/data/{path.relative_to(ROOT / 'data').as_posix()}" in names
    assert "infraplan/py.typed" in names
    script = (
        f"import sys; sys.path.insert(0, {str(tmp_path / 'site')!r}); "
        "import infraplan.bundled as b; print(b.__file__); "
        "from infraplan.words import load; print(load('sv').text('errors.no_roads', study='x'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True, cwd=tmp_path
    )
    assert str(tmp_path / "site") in done.stdout
    assert "inga vägar" in done.stdout or "saknar vägar" in done.stdout
