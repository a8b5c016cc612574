"""Rulebooks as YAML: a repeated key is an error, and what is wrong is said in sentences."""

from typing import Any

import yaml
from pydantic import ValidationError


class UniqueKeys(yaml.SafeLoader):
    """YAML in which a repeated key is an error: plain YAML keeps the last one in silence."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        if repeated := {key for key in keys if keys.count(key) > 1}:
            raise yaml.constructor.ConstructorError(None, None, f"repeated key {sorted(repeated)}", node.start_mark)
        return super().construct_mapping(node, deep)


def sentences(error: ValidationError) -> str:
    """What is wrong with a file, place by place."""
    return "; ".join(
        f"{'.'.join(str(part) for part in item['loc']) or 'file'}: {_reworded(item['type'], item['msg'])}"
        for item in error.errors()
    )


def _reworded(kind: str, message: str) -> str:
    if kind == "extra_forbidden":
        return "unknown key"
    return "missing" if kind == "missing" else message.removeprefix("Value error, ")
