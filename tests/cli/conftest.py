from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from infraplan import cli
from infraplan.demo import write
from infraplan.layers import read_study
from infraplan.pipeline import run


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
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a demo study that has been run; tests read it and leave it as it is."""
    folder = tmp_path_factory.mktemp("cli") / "demo"
    study = read_study(write(folder, language="en"))
    run(study, folder / "result")
    return folder
