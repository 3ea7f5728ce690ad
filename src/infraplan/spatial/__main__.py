"""Compile the kernels now, so that the first large study need not wait: ``python -m infraplan.spatial``."""


def main() -> None:
    """Ask one large question of each kind."""


if __name__ == "__main__":
    main()
