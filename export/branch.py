"""What a network marked to count only sometimes (`model.networks.only_if`) goes inside an `If` of its graph."""

import onnx
from onnx import TensorProto, helper

from model.networks.only_if import DOMAIN, MARK


def branch(model: onnx.ModelProto) -> None:
    """Replace each mark by an `If` that holds all nodes which nothing else needs."""
    graph = model.graph
    for mark in [node for node in graph.node if node.op_type == MARK]:
        condition, value = mark.input
        inside = _needed_by_it_alone(graph, mark)
        held, test = f"{mark.output[0]}_holds", f"{mark.output[0]}_most"
        then = helper.make_graph([node for node in graph.node if node.output[0] in inside], "then", [], [_out(value)])
        nothing = f"{mark.output[0]}_nothing"
        other = helper.make_graph(
            [helper.make_node("Identity", [condition], [nothing])], "else", [], [_out(nothing)]
        )  # all of the condition is 0 there
        new = [
            helper.make_node("ReduceMax", [condition], [test], keepdims=0),
            helper.make_node("Cast", [test], [held], to=TensorProto.BOOL),
            helper.make_node("If", [held], [mark.output[0]], then_branch=then, else_branch=other),
        ]
        kept: list[onnx.NodeProto] = []
        for node in graph.node:
            if node.output[0] == mark.output[0]:
                kept += new
            elif node.output[0] not in inside:
                kept.append(node)
        nodes = [onnx.NodeProto.FromString(node.SerializeToString()) for node in kept]
        del graph.node[:]
        graph.node.extend(nodes)
    for domain in [entry for entry in model.opset_import if entry.domain == DOMAIN]:
        model.opset_import.remove(domain)


def _out(name: str) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["B", 1])


def _needed_by_it_alone(graph: onnx.GraphProto, mark: onnx.NodeProto) -> set[str]:
    """First outputs of the nodes that only lead to the mark's value; what no input changes stays: engines fold it."""
    changing = {value.name for value in graph.input}
    for node in graph.node:
        if changing.intersection(node.input):
            changing.update(node.output)
    inside: set[str] = set()
    needed = {value.name for value in graph.output}
    for node in reversed(graph.node):
        if node.output[0] == mark.output[0]:
            needed.add(mark.input[0])
        elif changing.isdisjoint(node.output) or needed.intersection(node.output):
            needed.update(node.input)
        else:
            inside.add(node.output[0])
    return inside
