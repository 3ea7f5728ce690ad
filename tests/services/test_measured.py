"""The benchmark of distances to service, in small."""

import services as benchmark


def test_the_benchmark_holds_its_answer_against_networkx():
    measured = benchmark.run("tiny")
    assert measured["rows"] == len(benchmark.KINDS) * benchmark.SIZES["tiny"].premises
    assert benchmark.render("tiny", [measured] * 3).startswith(
        "| service distances, 500 premises, 8 services"
    )
