"""``python -m infraplan`` is the ``infraplan`` command."""

from infraplan.cli import main

main()
