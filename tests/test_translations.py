# test_translations.py
#
# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Translations are complete and well formed.

    test_translations.py SOURCE_ROOT [--update]

With --update, it brings the catalogues in po/ up to the texts of the sources; what is new in them has then to be
translated.
"""

import os
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.abspath(sys.argv[1])
LANGUAGES = ("de", "es", "fr", "ja", "pt_BR", "zh_CN")

# What people type stays as it is in every language.
TYPED = re.compile(r"--[a-z0-9]+(?:-[a-z0-9]+)*|multicast:|memory:|\$?MINIBUS_[A-Z]+|“(?:ip|ss|nft|gpg|sysctl) [^”]*”")


def run(*command):
    return subprocess.run(command, cwd=ROOT, check=False, capture_output=True, encoding="utf-8",
                          env={**os.environ, "LC_ALL": "C.UTF-8", "LANGUAGE": ""}, timeout=60)


def make_template(path):
    result = run("xgettext", "--from-code=UTF-8", "--add-comments", "--keyword=_", "--keyword=N_", "--keyword=C_:1c,2",
                 "--keyword=NC_:1c,2", "--keyword=g_dngettext:2,3", "--flag=N_:1:pass-c-format",
                 "--flag=_:1:pass-c-format", "--package-name=libminibus", "--files-from=po/POTFILES", "-o", path)
    if result.returncode:
        raise SystemExit(result.stderr)


def read_catalogue(path):
    """Gives pairs of what the sources say and what a catalogue makes of it."""
    text = run("msgcat", "--no-wrap", "--no-location", path).stdout
    join = lambda part: "".join(re.findall(r'^(?:msgid |msgstr )?"(.*)"$', part, re.M))
    for entry in text.split("\n\n")[1:]:
        match = re.search(r'^(msgid .*?)^(msgstr .*)', entry, re.M | re.S)
        if match:
            yield join(match[1]), join(match[2])


class TestTranslations(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.template = os.path.join(folder.name, "minibus.pot")
        make_template(self.template)

    def test_languages(self):
        """The languages that the project speaks are all there, and no forgotten catalogue."""
        with open(os.path.join(ROOT, "po", "LINGUAS"), encoding="utf-8") as file:
            self.assertEqual(tuple(file.read().split()), LANGUAGES)
        self.assertEqual(sorted(name for name in os.listdir(os.path.join(ROOT, "po")) if name.endswith(".po")),
                         sorted(name + ".po" for name in LANGUAGES))

    def test_complete(self):
        """Each text of the sources has a translation that is not a guess."""
        for language in LANGUAGES:
            with self.subTest(language=language):
                result = run("msgcmp", f"po/{language}.po", self.template)
                self.assertEqual(result.returncode, 0, result.stderr)

    def test_formats(self):
        """Each translation takes what the text takes."""
        for language in LANGUAGES:
            with self.subTest(language=language):
                result = run("msgfmt", "--check", "--check-format", "-o", os.devnull, f"po/{language}.po")
                self.assertEqual(result.returncode, 0, result.stderr)

    def test_typed(self):
        """What is to be typed is not translated."""
        for language in LANGUAGES:
            for text, translation in read_catalogue(f"po/{language}.po"):
                for word in TYPED.findall(text):
                    with self.subTest(language=language, text=text):
                        self.assertIn(word.strip("“”"), translation)

    def test_blanks(self):
        """What another text is put behind ends as it does in English; lines break where a text has lines."""
        for language in LANGUAGES:
            for text, translation in read_catalogue(f"po/{language}.po"):
                with self.subTest(language=language, text=text):
                    self.assertEqual(text.endswith("\\n"), translation.endswith("\\n"))
                    self.assertEqual(text.startswith("\\n"), translation.startswith("\\n"))
                    if text.endswith(" ") and language not in ("ja", "zh_CN"):
                        self.assertTrue(translation.endswith(" "))


if __name__ == "__main__":
    if sys.argv[2:] == ["--update"]:
        with tempfile.TemporaryDirectory() as folder:
            make_template(os.path.join(folder, "minibus.pot"))
            for name in LANGUAGES:
                print(run("msgmerge", "--update", "--backup=none", "--no-location", "--no-fuzzy-matching", "--quiet",
                          f"po/{name}.po", os.path.join(folder, "minibus.pot")).stderr, end="")
    else:
        unittest.main(argv=sys.argv[:1] + sys.argv[2:])
