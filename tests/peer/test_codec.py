#!/usr/bin/python3
# test_codec.py
#
# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tests of the JSON and the schemas of the test peer."""

import glob
import json
import math
import os
import unittest

import draft4
import ujson135

REFERENCE = os.environ.get("MB_REFERENCE_DIR")

ACCEPTED = [
    (b' \t\r\n{"a" : [ 1 , 2 ] }\n\t ', {"a": [1, 2]}),
    ('"h\u00e9"'.encode(), "h\u00e9"),
    (b'"a\nb\tc\x01\x7f"', "a\nb\tc\x01\x7f"),
    (b'"\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00E9"', '"\\/\b\f\n\r\tA\u00e9'),
    (b'"\\ud83d\\ude00"', "\U0001f600"),
    (b'"\\ud800"', ""),
    (b'"a\\ud800b\\udc00c"', "abc"),
    (b"007", 7),
    (b"-012", -12),
    (b"-", 0),
    (b"[-]", [0]),
    (b"1e400", math.inf),
    (b"-1.5e+3", -1500.0),
    (b"18446744073709551615", 2 ** 64 - 1),
    (b"-9223372036854775808", -2 ** 63),
    (b'{"a":1,}', {"a": 1}),
    (b'{"a":1,"a":2}', {"a": 2}),
    (b"null", None),
    (b"[true,false]", [True, False]),
    (b"[" * 1024 + b"]" * 1024, None),
]

REFUSED = [
    b"", b" ", b"x", b"\xef\xbb\xbf1", b"1\x00", b"1 x", b"1 1", b"{}{}", b'"\xff"', b'"\xc0\xaf"',
    b'"\xed\xa0\x80"', b"NaN", b"Infinity", b"-Infinity", b"nan", b"inf", b"18446744073709551616",
    b"-9223372036854775809", b"100000000000000000000.0", b".5", b"-.5", b"1.", b"1e", b"+1",
    b"0x10", b"'a'", b"/* */1", b"1//", b"[1,]", b"[,1]", b"[1 2]", b"{,}", b'{"a"}', b'{"a":}',
    b"{a:1}", b"{1:2}", b'{"a":1 "b":2}', b'{"a":1,,}', b'"a', b'"\\q"', b'"\\u12G4"',
    b'"\\u12"', b'"\\', b'"\x00"',
    b'"\\ud800\\u0041"', b"True", b"nul", b"nulls", b"[", b"]", b"{", b'{"a":1', b"\x0b1", b"\x0c1",
    b"[" * 1025 + b"]" * 1025, b"[" * 60000,
]

WRITTEN = [
    (None, "null"), (True, "true"), (False, "false"), ([1, {"a": []}], '[1,{"a":[]}]'),
    (-2 ** 63, "-9223372036854775808"), (2 ** 64 - 1, "18446744073709551615"),
    (3.141592653589793, "3.1415926536"), (1e-12, "0.0"), (-0.0, "0.0"), (2.0, "2.0"), (-1.5, "-1.5"),
    (1e16, "10000000000000000.0"), (1e20, "1.000000000000000e+20"),
    ("a/b", '"a\\/b"'), ("\x7f\x07\x1f", '"\x7f\\u0007\\u001f"'),
    ("\b\f\n\r\t", '"\\b\\f\\n\\r\\t"'),
    ("\u00e9\uffff\U0001f600", '"\\u00e9\\uffff\\ud83d\\ude00"'),
]


class TestJson(unittest.TestCase):
    def test_leniencies(self):
        """The decoder takes everything that ujson 1.35 is known to take."""
        for text, value in ACCEPTED:
            with self.subTest(text=text[:60]):
                decoded = ujson135.decode(text)
                if text[:2] != b"[[":
                    self.assertEqual(repr(decoded), repr(value))

    def test_refusals(self):
        """The decoder refuses everything that ujson 1.35 refuses, or is not known to take."""
        for text in REFUSED:
            with self.subTest(text=text[:60]):
                self.assertRaises(ujson135.DecodeError, ujson135.decode, text)

    def test_wire_form(self):
        """The encoder writes what ujson 1.35 writes, byte by byte."""
        for value, text in WRITTEN:
            self.assertEqual(ujson135.encode(value), text)

    def test_unwritable(self):
        """The encoder refuses what ujson 1.35 cannot write."""
        for value in (math.nan, math.inf, -math.inf, 2 ** 64, -2 ** 63 - 1, "\ud800", (1,)):
            self.assertRaises(ujson135.EncodeError, ujson135.encode, value)

    @unittest.skipUnless(REFERENCE, "needs MB_REFERENCE_DIR")
    def test_parsing_suite(self):
        """Of the invalid texts of JSONTestSuite only those of the documented leniencies pass."""
        passed = set()
        files = glob.glob(os.path.join(REFERENCE, "json-parsing", "test_parsing", "[ny]_*.json"))
        self.assertGreater(len(files), 280)
        for path in files:
            name = os.path.basename(path)[:-len(".json")]
            with open(path, "rb") as text:
                try:
                    ujson135.decode(text.read())
                except ujson135.DecodeError:
                    self.assertTrue(name.startswith("n_"), name)
                else:
                    passed.add(name)
        self.assertEqual({name for name in passed if name.startswith("n_")}, {
            "n_array_just_minus", "n_number_-01", "n_number_neg_int_starting_with_zero",
            "n_number_with_leading_zero", "n_object_trailing_comma", "n_string_unescaped_newline",
            "n_string_unescaped_tab",
        })


class TestSchema(unittest.TestCase):
    def test_draft_4_effects(self):
        """1.0 is no integer, const means nothing, true is no number, format is not looked at."""
        self.assertRaises(draft4.ValidationError, draft4.validate, 1.0, {"type": "integer"})
        self.assertRaises(draft4.ValidationError, draft4.validate, True, {"type": "number"})
        self.assertRaises(draft4.ValidationError, draft4.validate, True, {"enum": [1]})
        draft4.validate(1.0, {"enum": [1]})
        draft4.validate(1, {"const": 2})
        draft4.validate("x", {"format": "date-time"})

    def test_bad_schemas(self):
        """What is no draft 4 schema is refused, and so are references out of the schema."""
        for schema in ([], True, {"type": "float"}, {"type": []}, {"required": []},
                       {"minimum": "1"}, {"required": "a"}, {"properties": []},
                       {"items": 1}, {"pattern": "("},
                       {"exclusiveMinimum": 1}, {"$ref": "http://localhost/x"}, {"minItems": -1},
                       {"$schema": "http://json-schema.org/draft-07/schema#"}):
            with self.subTest(schema=schema):
                self.assertRaises(draft4.SchemaError, draft4.check_schema, schema)

    @unittest.skipUnless(REFERENCE, "needs MB_REFERENCE_DIR")
    def test_suite(self):
        """Every required case of the official suite holds but those with references elsewhere."""
        cases = 0
        folder = os.path.join(REFERENCE, "json-schema-suite", "tests", "draft4")
        for path in glob.glob(os.path.join(folder, "*.json")):
            with open(path, encoding="utf-8") as text:
                groups = json.load(text)
            for group in groups:
                try:
                    draft4.check_schema(group["schema"])
                except draft4.SchemaError as error:
                    self.assertIn("a place in this schema", str(error))
                    continue
                for case in group["tests"]:
                    cases += 1
                    with self.subTest(group=group["description"], case=case["description"]):
                        try:
                            draft4.validate(case["data"], group["schema"])
                            valid = True
                        except draft4.ValidationError:
                            valid = False
                        self.assertEqual(valid, case["valid"])
        self.assertGreater(cases, 580)


if __name__ == "__main__":
    unittest.main(verbosity=2)
