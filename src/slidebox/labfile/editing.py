"""Small edits of the lab's files that leave everything else as somebody wrote it: comments, order, spaces. Pure.

Where an edit is not sure to do just what is meant, it is not made: the text is read again afterwards and compared.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import yaml


class NotEditedError(ValueError):
    """An edit could not be made; says why."""


def without(text: str, path: Sequence[str], item: str) -> str:
    """A document without one item of a list.

    Parameters
    ----------
    text
        The YAML document.
    path
        The keys to the list.
    item
        The item, as a text.

    Raises
    ------
    NotEditedError
        If there is no such list or item, or it is written in a way that other places share.
    """
    node, key = _node(text, path)
    if not isinstance(node, yaml.SequenceNode):
        raise NotEditedError(f"{'.'.join(path)} is no list")
    if node.start_mark.index < key.start_mark.index:
        raise NotEditedError(f"{'.'.join(path)} is written elsewhere, for several places at once")
    places = [number for number, one in enumerate(node.value) if one.value == item]
    if not places:
        raise NotEditedError(f"{'.'.join(path)} does not name {item}")
    changed = (_from_flow if node.flow_style else _from_block)(text, node, key, places[0])
    wanted = copy.deepcopy(_load(text))
    _at(wanted, path).remove(item)
    return _sure(changed, wanted, path)


def _from_flow(text: str, node: yaml.SequenceNode, key: yaml.Node, number: int) -> str:
    del key
    items = node.value
    start, end = items[number].start_mark.index, items[number].end_mark.index
    if number + 1 < len(items):
        end = items[number + 1].start_mark.index
    elif number:
        start = items[number - 1].end_mark.index
    return text[:start] + text[end:]


def _from_block(text: str, node: yaml.SequenceNode, key: yaml.Node, number: int) -> str:
    if len(node.value) == 1:
        colon = text.index(":", key.end_mark.index)
        begin = _line_start(text, node.value[0].start_mark.index)
        return f"{text[: colon + 1]} []{text[colon + 1 : begin]}{text[_line_end(text, node.value[0].end_mark.index) :]}"
    item = node.value[number]
    return text[: _line_start(text, item.start_mark.index)] + text[_line_end(text, item.end_mark.index) :]


def with_key(text: str, path: Sequence[str], key: str, value: Mapping[str, Sequence[str]]) -> str:
    """A document in which a mapping has one key more, before its others, written on one line.

    Parameters
    ----------
    text
        The YAML document.
    path
        The keys to the mapping.
    key, value
        What is added: names of lists of names.

    Raises
    ------
    NotEditedError
        If there is no such mapping, it has the key already, or is written on one line itself.
    """
    node, _ = _node(text, path)
    if not isinstance(node, yaml.MappingNode) or not node.value:
        raise NotEditedError(f"{'.'.join(path)} is no mapping")
    if node.flow_style:
        raise NotEditedError(f"{'.'.join(path)} is written on one line")
    first = node.value[0][0]
    lists = ", ".join(f"{name}: [{', '.join(items)}]" for name, items in value.items())
    line = f"{' ' * first.start_mark.column}{key}: {{{lists}}}\n"
    at = _line_start(text, first.start_mark.index)
    wanted = copy.deepcopy(_load(text))
    target = _at(wanted, path)
    if key in target:
        raise NotEditedError(f"{'.'.join(path)} has {key} already")
    target[key] = {name: list(items) for name, items in value.items()}
    return _sure(text[:at] + line + text[at:], wanted, path)


def _node(text: str, path: Sequence[str]) -> tuple[yaml.Node, yaml.Node]:
    """The node at a path, and that of its key."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise NotEditedError("it is no YAML") from error
    key: yaml.Node | None = None
    for step in path:
        pairs = node.value if isinstance(node, yaml.MappingNode) else ()
        found = [(name, value) for name, value in pairs if name.value == step]
        if len(found) != 1:
            raise NotEditedError(f"there is no {'.'.join(path)}")
        key, node = found[0]
    if node is None or key is None:
        raise NotEditedError("it is empty")
    return node, key


def _load(text: str) -> Any:
    return yaml.safe_load(text)


def _at(value: Any, path: Sequence[str]) -> Any:
    for step in path:
        value = value[step]
    return value


def _sure(changed: str, wanted: Any, path: Sequence[str]) -> str:
    """The changed text, if it says what was meant and nothing else."""
    try:
        found = _load(changed)
    except yaml.YAMLError as error:
        raise NotEditedError(f"{'.'.join(path)} is written in a way that is not understood") from error
    if found != wanted:
        raise NotEditedError(f"{'.'.join(path)} is written in a way that is not understood")
    return changed


def _line_start(text: str, index: int) -> int:
    return text.rfind("\n", 0, index) + 1


def _line_end(text: str, index: int) -> int:
    end = text.find("\n", index)
    return len(text) if end < 0 else end + 1
