import io
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest

from infraplan import cli


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str


@pytest.fixture
def infraplan(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Answer]:
    """Run the command line in this process."""

    def call(*arguments: object) -> Answer:
        monkeypatch.setattr("sys.argv", ["infraplan", *map(str, arguments)])
        try:
            cli.main()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        said = capsys.readouterr()
        return Answer(code, said.out, said.err)

    return call


@pytest.fixture(scope="session")
def demo_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Return the folder that ``infraplan demo`` has made, and what the command said."""
    folder, said = tmp_path_factory.mktemp("cli") / "demo", io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(said):
        patch.setenv("INFRAPLAN_LANGUAGE", "en")
        patch.setattr("sys.argv", ["infraplan", "demo", str(folder), "--quiet"])
        with pytest.raises(SystemExit) as end:
            cli.main()
    assert not end.value.code
    return folder, said.getvalue()


@pytest.fixture(scope="session")
def demo(demo_run: tuple[Path, str]) -> Path:
    """Return the folder of a demo study that has been run; tests read it and leave it as it is."""
    return demo_run[0]


@pytest.fixture(scope="session")
def demo_said(demo_run: tuple[Path, str]) -> str:
    """Return what the demo's command has printed."""
    return demo_run[1]
