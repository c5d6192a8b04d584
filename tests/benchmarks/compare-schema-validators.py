#!/usr/bin/python3
# compare-schema-validators.py
#
# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Measures our validator beside others on the same schemas, in turns, and prints the ratios.
#
#     tests/benchmarks/compare-schema-validators.py BUILD/tests/benchmarks/bench-schema FOLDER \
#         [--rapidjson INCLUDE] [--node-modules FOLDER]
#
# FOLDER holds NAME.schema.json and NAME.instance.json for the names below (the folder schema-bench of the
# reference data). RapidJSON (headers, from the package rapidjson-dev), python3-jsonschema and ajv with
# ajv-draft-04 (npm install --prefix ELSEWHERE ajv ajv-draft-04) are used where they are found. Nothing of
# them is part of the build.

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

NAMES = ["empty", "string", "bus", "medium", "large"]
ROUNDS = 3

RAPIDJSON = r"""
#include <chrono>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>
#include <rapidjson/document.h>
#include <rapidjson/schema.h>

static std::string read (const std::string &path)
{
  std::ifstream in (path);
  std::stringstream out;
  out << in.rdbuf ();
  return out.str ();
}

int main (int argc, char **argv)
{
  for (int i = 2; i < argc; i++)
    {
      std::string base = std::string (argv[1]) + "/" + argv[i];
      rapidjson::Document schema_json, instance;
      schema_json.Parse (read (base + ".schema.json").c_str ());
      instance.Parse (read (base + ".instance.json").c_str ());
      rapidjson::SchemaDocument schema (schema_json);
      rapidjson::SchemaValidator validator (schema);
      double best = 1e18;
      for (int round = 0; round < 25; round++)
        {
          auto start = std::chrono::steady_clock::now ();
          long n = 0;
          double elapsed;
          do
            {
              for (int j = 0; j < 16; j++, n++)
                {
                  validator.Reset ();
                  if (!instance.Accept (validator))
                    return 1;
                }
              elapsed = std::chrono::duration<double, std::nano> (std::chrono::steady_clock::now () - start).count ();
            }
          while (elapsed < 3e6);
          if (elapsed / n < best)
            best = elapsed / n;
        }
      printf ("%s %f\n", argv[i], best);
    }
}
"""

AJV = r"""
const Ajv = require('ajv-draft-04');
const fs = require('fs');
const folder = process.argv[2];
for (const name of process.argv.slice(3)) {
  const read = kind => JSON.parse(fs.readFileSync(`${folder}/${name}.${kind}.json`));
  const validate = new Ajv({strict: false, logger: false}).compile(read('schema'));
  const instance = read('instance');
  let best = Infinity;
  for (let round = 0; round < 40; round++) {
    const start = process.hrtime.bigint();
    let n = 0, elapsed;
    do {
      for (let i = 0; i < 64; i++, n++)
        if (!validate(instance))
          process.exit(1);
      elapsed = Number(process.hrtime.bigint() - start);
    } while (elapsed < 3e6);
    best = Math.min(best, elapsed / n);
  }
  console.log(name, best);
}
"""


def parse_pairs(text):
    return {line.split()[0]: float(line.split()[1]) for line in text.splitlines()}


def run_rapidjson(program, folder):
    return parse_pairs(subprocess.run([program, folder, *NAMES], check=True, capture_output=True, text=True).stdout)


def run_ajv(script, folder, modules):
    environment = dict(os.environ, NODE_PATH=modules)
    return parse_pairs(subprocess.run(["node", script, folder, *NAMES], check=True, capture_output=True,
                                      text=True, env=environment).stdout)


def run_jsonschema(folder):
    import jsonschema
    times = {}
    for name in NAMES:
        with open(f"{folder}/{name}.schema.json") as file:
            validator = jsonschema.Draft4Validator(json.load(file))
        with open(f"{folder}/{name}.instance.json") as file:
            instance = json.load(file)
        best = float("inf")
        for _ in range(5):
            start = time.perf_counter_ns()
            n = 0
            while n == 0 or time.perf_counter_ns() - start < 3e6:
                assert validator.is_valid(instance)
                n += 1
            best = min(best, (time.perf_counter_ns() - start) / n)
        times[name] = best
    return times


def run_ours(program, folder):
    environment = dict(os.environ, MB_REFERENCE_DIR=os.path.dirname(os.path.abspath(folder)))
    output = subprocess.run([program], check=True, capture_output=True, text=True, env=environment).stdout
    times = {"ours": {}, "by hand": {}, "JsonParser": {}}
    for line in output.splitlines():
        fields = line.split("\t")
        if line.startswith("#") or fields[1] != "valid":
            continue
        for column, title in enumerate(times):
            if float(fields[2 + column]) > 0:
                times[title][fields[0]] = float(fields[2 + column])
    return times


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("bench")
    parser.add_argument("folder")
    parser.add_argument("--rapidjson", default="/usr/include")
    parser.add_argument("--node-modules", default="")
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as temporary:
        others = {}
        if os.path.exists(os.path.join(options.rapidjson, "rapidjson", "schema.h")) and shutil.which("c++"):
            source = os.path.join(temporary, "bench.cc")
            program = os.path.join(temporary, "bench")
            with open(source, "w") as file:
                file.write(RAPIDJSON)
            subprocess.run(["c++", "-O2", "-I", options.rapidjson, "-o", program, source], check=True)
            others["RapidJSON"] = lambda: run_rapidjson(program, options.folder)
        if options.node_modules and shutil.which("node"):
            script = os.path.join(temporary, "bench.js")
            with open(script, "w") as file:
                file.write(AJV)
            others["ajv"] = lambda: run_ajv(script, options.folder, options.node_modules)
        try:
            import jsonschema  # noqa: F401
            others["python3-jsonschema"] = lambda: run_jsonschema(options.folder)
        except ImportError:
            pass

        best = {}
        for _ in range(ROUNDS):
            measured = run_ours(options.bench, options.folder)
            for title, work in others.items():
                measured[title] = work()
            for title, times in measured.items():
                for name, value in times.items():
                    times[name] = min(value, best.get(title, {}).get(name, float("inf")))
                best[title] = times

    print(f"{'':20}" + "".join(f"{name:>12}" for name in NAMES))
    for title, times in best.items():
        print(f"{title + ', ns':20}" + "".join(f"{times.get(name, float('nan')):12.1f}" for name in NAMES))
    for title, times in best.items():
        if title != "ours":
            print(f"{'ours / ' + title:20}"
                  + "".join(f"{best['ours'][name] / times[name] if name in times else float('nan'):12.3f}"
                            for name in NAMES))


if __name__ == "__main__":
    sys.exit(main())
