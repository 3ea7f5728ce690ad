"""Random forests for tests, and plain ways to walk them: nothing here shares code with the package."""

from itertools import product

from hypothesis import strategies as st


@st.composite
def woods(draw, most=9):
    """Return tails, heads, roots and the number of nodes of a small forest: names and order are mixed."""
    edges = draw(st.integers(0, most))
    several = draw(st.integers(1, 3))
    apart = draw(st.integers(0, 2))
    name = draw(st.permutations(range(several + edges + apart)))
    pairs = [
        (name[draw(st.integers(0, several + number - 1))], name[several + number]) for number in range(edges)
    ]
    pairs = draw(st.permutations([pair[:: draw(st.sampled_from([1, -1]))] for pair in pairs]))
    tails, heads = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    return tails, heads, [name[root] for root in range(several)], len(name)


def rows(wood, low, high):
    """Return one whole number for each edge, and one for each node."""
    numbers = st.integers(low, high)
    edges, nodes = len(wood[0]), wood[3]
    return st.tuples(
        st.lists(numbers, min_size=edges, max_size=edges), st.lists(numbers, min_size=nodes, max_size=nodes)
    )


def ways_up(wood):
    """Return for each node of the forest the edges from it to its root, and the nodes, itself first."""
    tails, heads, roots, _ = wood
    ways = {root: ([], [root]) for root in roots}
    for _ in tails:
        for edge, (a, b) in enumerate(zip(tails, heads, strict=True)):
            for low, high in ((a, b), (b, a)):
                if high in ways and low not in ways:
                    ways[low] = ([edge, *ways[high][0]], [low, *ways[high][1]])
    return ways


def lower_nodes(wood):
    """Return the lower node of each edge."""
    return {edges[0]: node for node, (edges, _) in ways_up(wood).items() if edges}


def every_subtree(wood):
    """Yield every set of edges that hangs on the roots."""
    ways = ways_up(wood)
    above = {edges[0]: set(edges) for edges, _ in ways.values() if edges}
    for kept in product([False, True], repeat=len(wood[0])):
        chosen = {edge for edge, keep in enumerate(kept) if keep}
        if all(above[edge] <= chosen for edge in chosen):
            yield chosen
