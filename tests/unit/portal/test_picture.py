"""The picture of the connections: everything has a place, users stand before what they use."""

from hypothesis import given
from hypothesis import strategies as st

from idp_components.graph import Node, graph_of
from idp_components.portal.picture import HEIGHT, picture

NAMES = st.sampled_from([f"s{number}" for number in range(8)])
GRAPHS = st.lists(st.tuples(NAMES, st.lists(NAMES.map("shop/{}:80".format), max_size=4)), max_size=8).map(
    lambda found: graph_of((Node("shop", name, "Service"), uses) for name, uses in found)
)


@given(GRAPHS)
def test_every_component_and_connection_has_a_place_and_no_two_boxes_overlap(graph):
    drawn = picture(graph)
    assert {box.key for box in drawn.boxes} == graph.nodes.keys()
    assert len(drawn.arrows) == len(graph.edges)
    for box in drawn.boxes:
        assert 0 <= box.x <= box.x + box.width <= drawn.width
        assert 0 <= box.y <= box.y + HEIGHT <= drawn.height
        for other in drawn.boxes:
            assert box is other or box.x + box.width <= other.x or other.x + other.width <= box.x or abs(box.y - other.y) >= HEIGHT


def test_users_stand_left_of_what_they_use_also_in_a_circle():
    chain = graph_of(
        [
            (Node("shop", "a", "Service"), ["shop/b:1"]),
            (Node("shop", "b", "Service"), ["shop/c:1"]),
            (Node("shop", "c", "Service"), ["shop/a:1"]),
        ]
    )
    a, b, c = (next(box for box in picture(chain).boxes if box.node.name == name) for name in "abc")
    assert a.x < b.x < c.x
