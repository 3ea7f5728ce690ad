"""Hold what is written by the Open Fibre Data Standard against the standard's own validator.

libcoveofds is AGPL: it is no part of this project, and is asked in an interpreter of its own.

    python -m venv /tmp/ofds && /tmp/ofds/bin/pip install libcoveofds
    python tests/ofds_check.py /tmp/ofds/bin/python OUT/network_internal.ofds.json

Prints what it found, and ends with 1 where that is anything.
"""

import json
import subprocess
import sys
from pathlib import Path

_ASKED = """
import json, sys
from importlib.metadata import version
from libcoveofds.additionalfields import AdditionalFields
from libcoveofds.jsonschemavalidate import JSONSchemaValidator
from libcoveofds.python_validate import PythonValidate
from libcoveofds.schema import OFDSSchema

def load():
    with open(sys.argv[1], encoding="utf-8") as stream:
        return json.load(stream)

schema = OFDSSchema()
print(json.dumps({
    "libcoveofds": version("libcoveofds"),
    "schema": schema.get_schema_version(),
    "against the schema": [error.json() for error in JSONSchemaValidator(schema).validate(load())],
    "against the rules": PythonValidate(schema).validate(load()),
    "fields beyond the standard": AdditionalFields(schema).process(load()),
}, default=str))
"""


def check(python: Path, path: Path) -> dict[str, object]:
    """Return what the validator says of a package; its lists are empty where it has nothing to say."""
    done = subprocess.run([python, "-c", _ASKED, path], capture_output=True, text=True, check=True)
    found: dict[str, object] = json.loads(done.stdout)
    return found


def main(arguments: list[str]) -> int:
    python, *paths = map(Path, arguments)
    worst = 0
    for path in paths:
        found = check(python, path)
        told = {key: value for key, value in found.items() if isinstance(value, list | dict) and value}
        print(f"{path.name}: libcoveofds {found['libcoveofds']}, OFDS {found['schema']}:", told or "valid")  # noqa: T201
        worst = max(worst, int(bool(told)))
    return worst


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
