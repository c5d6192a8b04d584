# draft4.py
#
# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""JSON Schema draft 4, as far as a test peer needs it.

Everything of the validation chapter, except that `$ref` must point into the same schema ("#" or
"#/…"), that `id` gives no new base, and that `format` is not looked at, as in MiniBus 0.3.0.
"""

import re
from fractions import Fraction

DRAFT_4 = "http://json-schema.org/draft-04/schema"
TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")


class SchemaError(ValueError):
    """The schema is not a draft 4 schema, or asks for more than this module knows."""


class ValidationError(ValueError):
    """The value does not fit the schema."""


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def is_type(value, name):
    if name == "integer":
        return isinstance(value, int) and not isinstance(value, bool)    # 1.0 is none in draft 4
    if name == "number":
        return is_number(value)
    if name == "null":
        return value is None
    return isinstance(value, {"array": list, "boolean": bool, "object": dict, "string": str}[name])


def equal(first, second):
    """JSON equality: 1 equals 1.0, but not true."""
    if is_number(first) and is_number(second):
        return first == second
    if type(first) is not type(second):
        return False
    if isinstance(first, list):
        return len(first) == len(second) and all(map(equal, first, second))
    if isinstance(first, dict):
        return first.keys() == second.keys() and all(equal(first[n], second[n]) for n in first)
    return first == second


# Checking of schemas: keyword → what its value must be.

def _require(good, where, what):
    if not good:
        raise SchemaError(f"{where} must be {what}")


def _check_schemas_by_name(value, where):
    _require(isinstance(value, dict), where, "an object")
    for name, schema in value.items():
        check_schema(schema, f"{where}/{name}")


def _check_patterns(value, where):
    _check_schemas_by_name(value, where)
    for name in value:
        _check_regex(name, f"{where}/{name}")


def _check_schema_list(value, where):
    _require(isinstance(value, list) and value, where, "an array of schemas, not an empty one")
    for index, schema in enumerate(value):
        check_schema(schema, f"{where}/{index}")


def _check_items(value, where):
    (_check_schema_list if isinstance(value, list) and value else check_schema)(value, where)


def _check_schema_or_boolean(value, where):
    if not isinstance(value, bool):
        check_schema(value, where)


def _check_names(value, where):
    good = isinstance(value, list) and value and all(isinstance(name, str) for name in value)
    _require(good and len(set(value)) == len(value), where, "an array of distinct strings")


def _check_dependencies(value, where):
    _require(isinstance(value, dict), where, "an object")
    for name, needed in value.items():
        (_check_names if isinstance(needed, list) else check_schema)(needed, f"{where}/{name}")


def _check_type(value, where):
    names = value if isinstance(value, list) else [value]
    good = names and all(isinstance(name, str) and name in TYPES for name in names)
    _require(good and len(set(names)) == len(names), where, "one or several of the seven types")


def _check_regex(value, where):
    _require(isinstance(value, str), where, "a string")
    try:
        re.compile(value)
    except re.error as error:
        raise SchemaError(f"{where} is no regular expression: {error}") from None


def _check_count(value, where):
    _require(is_type(value, "integer") and value >= 0, where, "an integer from 0 up")


def _check_number(value, where):
    _require(is_number(value), where, "a number")


def _check_positive(value, where):
    _require(is_number(value) and value > 0, where, "a number above 0")


def _check_boolean(value, where):
    _require(isinstance(value, bool), where, "true or false")


def _check_array(value, where):
    _require(isinstance(value, list), where, "an array")


def _check_string(value, where):
    _require(isinstance(value, str), where, "a string")


def _check_reference(value, where):
    good = isinstance(value, str) and (value == "#" or value.startswith("#/"))
    _require(good, where, "a place in this schema, # or #/…")


def _check_dialect(value, where):
    _require(isinstance(value, str) and value.rstrip("#") == DRAFT_4, where, "draft 4")


_KEYWORDS = {
    "$ref": _check_reference,
    "$schema": _check_dialect,
    "additionalItems": _check_schema_or_boolean,
    "additionalProperties": _check_schema_or_boolean,
    "allOf": _check_schema_list,
    "anyOf": _check_schema_list,
    "definitions": _check_schemas_by_name,
    "dependencies": _check_dependencies,
    "description": _check_string,
    "enum": _check_array,
    "exclusiveMaximum": _check_boolean,
    "exclusiveMinimum": _check_boolean,
    "items": _check_items,
    "maxItems": _check_count,
    "maxLength": _check_count,
    "maxProperties": _check_count,
    "maximum": _check_number,
    "minItems": _check_count,
    "minLength": _check_count,
    "minProperties": _check_count,
    "minimum": _check_number,
    "multipleOf": _check_positive,
    "not": lambda value, where: check_schema(value, where),
    "oneOf": _check_schema_list,
    "pattern": _check_regex,
    "patternProperties": _check_patterns,
    "properties": _check_schemas_by_name,
    "required": _check_names,
    "title": _check_string,
    "type": _check_type,
    "uniqueItems": _check_boolean,
}


def check_schema(schema, where="#"):
    """Raises SchemaError if this is not a schema. Unknown keywords are allowed and mean nothing."""
    _require(isinstance(schema, dict), where, "an object")
    if "$ref" in schema:
        _check_reference(schema["$ref"], where + "/$ref")
        return                          # what stands beside a reference is ignored
    for keyword, value in schema.items():
        if keyword in _KEYWORDS:
            _KEYWORDS[keyword](value, f"{where}/{keyword}")


# Validation.

def _resolve(root, reference):
    place = root
    for part in reference[1:].split("/")[1:]:
        part = re.sub("%([0-9A-Fa-f]{2})", lambda code: chr(int(code[1], 16)), part)
        part = part.replace("~1", "/").replace("~0", "~")
        try:
            place = place[int(part)] if isinstance(place, list) else place[part]
        except (LookupError, TypeError, ValueError):
            raise SchemaError(f"$ref {reference} leads nowhere") from None
    return place


def _fits(value, schema, root):
    try:
        validate(value, schema, root)
    except ValidationError:
        return False
    return True


def _validate_number(value, schema):
    for keyword, exclusive, beyond in (
        ("minimum", "exclusiveMinimum", lambda limit: value < limit),
        ("maximum", "exclusiveMaximum", lambda limit: value > limit),
    ):
        if keyword in schema:
            limit = schema[keyword]
            if beyond(limit) or (schema.get(exclusive, False) and value == limit):
                yield f"{value} breaks the {keyword} {limit}"
    if "multipleOf" in schema:
        try:
            whole = Fraction(repr(value)) % Fraction(repr(schema["multipleOf"])) == 0
        except ValueError:              # an infinity
            whole = False
        if not whole:
            yield f"{value} is no multiple of {schema['multipleOf']}"


def _validate_size(size, schema, least, most):
    if size < schema.get(least, 0):
        yield f"the size {size} is below {least} {schema[least]}"
    if size > schema.get(most, size):
        yield f"the size {size} is above {most} {schema[most]}"


def _validate_string(value, schema):
    yield from _validate_size(len(value), schema, "minLength", "maxLength")
    if "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"{value!r} does not match {schema['pattern']!r}"


def _validate_array(value, schema, root, where):
    yield from _validate_size(len(value), schema, "minItems", "maxItems")
    if schema.get("uniqueItems", False):
        if any(equal(value[i], value[j]) for i in range(len(value)) for j in range(i)):
            yield "two items are equal"
    items = schema.get("items", {})
    for index, item in enumerate(value):
        if isinstance(items, dict):
            wanted = items
        elif index < len(items):
            wanted = items[index]
        else:
            wanted = schema.get("additionalItems", True)
        if wanted is False:
            yield f"there are more than {len(items)} items"
        elif wanted is not True:
            validate(item, wanted, root, f"{where}/{index}")


def _validate_object(value, schema, root, where):
    yield from _validate_size(len(value), schema, "minProperties", "maxProperties")
    for name in schema.get("required", []):
        if name not in value:
            yield f"{name!r} is missing"
    for name, needed in schema.get("dependencies", {}).items():
        if name in value and isinstance(needed, dict):
            validate(value, needed, root, where)
        elif name in value:
            for other in needed:
                if other not in value:
                    yield f"{other!r} is missing beside {name!r}"
    for name, member in value.items():
        place = f"{where}/{name}"
        known = name in schema.get("properties", {})
        if known:
            validate(member, schema["properties"][name], root, place)
        for pattern, wanted in schema.get("patternProperties", {}).items():
            if re.search(pattern, name):
                known = True
                validate(member, wanted, root, place)
        wanted = schema.get("additionalProperties", True)
        if not known and wanted is False:
            yield f"{name!r} is not allowed"
        elif not known and wanted is not True:
            validate(member, wanted, root, place)


def _validate_any(value, schema, root, where):
    if "enum" in schema and not any(equal(value, allowed) for allowed in schema["enum"]):
        yield "the value is none of the enum"
    if "type" in schema:
        names = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        if not any(is_type(value, name) for name in names):
            yield f"the value is not of type {' or '.join(names)}"
    for part in schema.get("allOf", []):
        validate(value, part, root, where)
    if "anyOf" in schema and not any(_fits(value, part, root) for part in schema["anyOf"]):
        yield "the value fits none of anyOf"
    if "oneOf" in schema and sum(_fits(value, part, root) for part in schema["oneOf"]) != 1:
        yield "the value does not fit exactly one of oneOf"
    if "not" in schema and _fits(value, schema["not"], root):
        yield "the value fits what it must not be"


def validate(value, schema, root=None, where="#"):
    """Raises ValidationError, naming the place, at the first thing that does not fit."""
    root = schema if root is None else root
    if "$ref" in schema:
        validate(value, _resolve(root, schema["$ref"]), root, where)
        return
    problems = list(_validate_any(value, schema, root, where))
    if is_number(value):
        problems += _validate_number(value, schema)
    elif isinstance(value, str):
        problems += _validate_string(value, schema)
    elif isinstance(value, list):
        problems += _validate_array(value, schema, root, where)
    elif isinstance(value, dict):
        problems += _validate_object(value, schema, root, where)
    if problems:
        raise ValidationError(f"at {where}: {problems[0]}")
