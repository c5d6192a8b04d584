# ujson135.py
#
# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""JSON as MiniBus 0.3.0 reads and writes it, that is, as ujson 1.35 does.

The decoder takes what that one is known to take (control characters in strings, 007, 1e400,
{"a":1,}, a lone minus sign, lone surrogate escapes) and refuses what it is known to refuse. Where
nothing is known it refuses: this is the judge of what may be sent to such a peer, and must not be
too lenient.
"""

import math
import re
import sys

MAX_DEPTH = 1024
MIN_INTEGER = -2 ** 63
MAX_INTEGER = 2 ** 64 - 1

# Reading, writing and comparing values recurse a few frames for each level of nesting.
sys.setrecursionlimit(max(sys.getrecursionlimit(), 16 * MAX_DEPTH))

_BLANKS = re.compile(r"[ \t\r\n]*")
_PLAIN = re.compile(r'[^"\\\x00]*')
_NUMBER = re.compile(r"(-?)([0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_HEX = re.compile(r"[0-9A-Fa-f]{4}")
_WORDS = {"true": True, "false": False, "null": None}
_SHORT_ESCAPES = {
    '"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t",
}
_WRITTEN = {character: "\\" + letter for letter, character in _SHORT_ESCAPES.items()}


class DecodeError(ValueError):
    """The text is not JSON in the eyes of ujson 1.35."""


class EncodeError(ValueError):
    """The value cannot be written by ujson 1.35."""


class _Decoder:
    def __init__(self, text):
        self.text = text
        self.position = 0

    def fail(self, reason):
        raise DecodeError(f"{reason} at character {self.position}")

    def peek(self):
        self.position = _BLANKS.match(self.text, self.position).end()
        return self.text[self.position:self.position + 1]

    def document(self):
        value = self.value(0)
        if self.peek():
            self.fail("something follows the value")
        return value

    def value(self, depth):
        first = self.peek()
        if first in ("{", "["):
            if depth == MAX_DEPTH:
                self.fail(f"the nesting is deeper than {MAX_DEPTH}")
            self.position += 1
            return self.members(depth + 1) if first == "{" else self.elements(depth + 1)
        if first == '"':
            return self.string()
        if first and first in "-0123456789":
            return self.number()
        for word, meaning in _WORDS.items():
            if self.text.startswith(word, self.position):
                self.position += len(word)
                return meaning
        return self.fail(f"no value starts with {first!r}" if first else "a value is missing")

    def members(self, depth):
        members = {}
        while True:
            if self.peek() == "}":      # so a comma before it passes, as in {"a":1,}
                break
            if self.peek() != '"':
                self.fail("a member name is missing")
            name = self.string()
            if self.peek() != ":":
                self.fail("a colon is missing")
            self.position += 1
            members[name] = self.value(depth)
            after = self.peek()
            if after == "}":
                break
            if after != ",":
                self.fail("a comma or the end of the object is missing")
            self.position += 1
        self.position += 1
        return members

    def elements(self, depth):
        elements = []
        if self.peek() == "]":
            self.position += 1
            return elements
        while True:
            elements.append(self.value(depth))
            after = self.peek()
            self.position += 1
            if after == "]":
                return elements
            if after != ",":
                self.fail("a comma or the end of the array is missing")

    def string(self):
        self.position += 1
        parts = []
        while True:
            plain = _PLAIN.match(self.text, self.position)
            parts.append(plain.group())
            self.position = plain.end()
            stop = self.text[self.position:self.position + 1]
            if stop == '"':
                self.position += 1
                return "".join(parts)
            if stop != "\\":
                self.fail("a NUL is in a string" if stop else "a string has no end")
            parts.append(self.escape())

    def escape(self):
        letter = self.text[self.position + 1:self.position + 2]
        if letter in _SHORT_ESCAPES:
            self.position += 2
            return _SHORT_ESCAPES[letter]
        if letter != "u":
            self.fail("an escape is unknown")
        unit = self.unit()
        if not 0xD800 <= unit <= 0xDFFF:
            return chr(unit)
        if unit >= 0xDC00 or not self.text.startswith("\\u", self.position):
            return ""                   # a lone surrogate vanishes
        low = self.unit()
        if not 0xDC00 <= low <= 0xDFFF:
            self.fail("a high surrogate is followed by something that is not a low one")
        return chr(0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00))

    def unit(self):
        digits = _HEX.match(self.text, self.position + 2)
        if not digits:
            self.fail("four hexadecimal digits are missing")
        self.position = digits.end()
        return int(digits.group(), 16)

    def number(self):
        token = _NUMBER.match(self.text, self.position)
        sign, digits, fraction, exponent = token.groups()
        if not digits and (fraction or exponent):
            self.fail("a number has no digits before its fraction or exponent")
        integer = int(sign + (digits or "0"))
        if not MIN_INTEGER <= integer <= MAX_INTEGER:
            self.fail("an integer, or the integer part of a number, is outside of 64 bits")
        self.position = token.end()
        return float(token.group()) if fraction or exponent else integer


def decode(text):
    """Returns the value of JSON text, given as bytes or as a string; raises DecodeError."""
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8")
        except UnicodeDecodeError as error:
            raise DecodeError(f"invalid UTF-8 at byte {error.start}") from None
    return _Decoder(text).document()


def _escaped(character):
    if character in _WRITTEN:
        return _WRITTEN[character]
    code = ord(character)
    if 0x20 <= code < 0x80:
        return character
    if 0xD800 <= code <= 0xDFFF:
        raise EncodeError("a string holds a lone surrogate")
    if code < 0x10000:
        return f"\\u{code:04x}"
    code -= 0x10000
    return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"


def _encode_float(value):
    if not math.isfinite(value):
        raise EncodeError("NaN and Infinity cannot be written")
    if value == 0:
        return "0.0"
    if abs(value) > 1e16:
        return f"{value:.15e}"
    text = f"{value:.10f}".rstrip("0")
    return text + "0" if text.endswith(".") else text


def encode(value):
    """Returns the JSON text that ujson 1.35 makes of a value, ASCII; raises EncodeError."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return '"' + "".join(map(_escaped, value)) + '"'
    if isinstance(value, int):
        if not MIN_INTEGER <= value <= MAX_INTEGER:
            raise EncodeError(f"the integer {value} does not fit in 64 bits")
        return str(value)
    if isinstance(value, float):
        return _encode_float(value)
    if isinstance(value, list):
        return "[" + ",".join(map(encode, value)) + "]"
    if isinstance(value, dict):
        return "{" + ",".join(f"{encode(str(name))}:{encode(value[name])}" for name in value) + "}"
    raise EncodeError(f"a {type(value).__name__} has no JSON form")
