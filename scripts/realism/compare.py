#!/usr/bin/env python3
"""Compares real Rubin alerts with synthetic ones of the same kind: sizes, compression, cutouts, fields.

    python3 -m pip install -r scripts/realism/requirements.txt
    python3 scripts/realism/compare.py FOLDER...            # files as in the alert archive: framed, gzip or not
    python3 scripts/realism/compare.py FOLDER --fields      # also every field: real values, range of synthetic ones
    python3 scripts/realism/compare.py FOLDER --json        # for programs

For each real alert it makes synthetic ones of its schema and kind, and takes that whose history is nearest in length. The
exit code is 1 where a size differs by over 2 %, a ratio of compression by over 5 %, or cutouts or null fields differ.
"""

import argparse
import math
import sys

import cramjam
from alerts import CUTOUTS, FRAME_BYTES, GENERATOR, Schemas, print_json, real_alerts, synthetic_alerts

MOST_SIZE, MOST_RATIO = 0.02, 0.05
CODECS = {
    "gzip": lambda data: cramjam.gzip.compress(data, level=6),
    "snappy": cramjam.snappy.compress_raw,
    "lz4": cramjam.lz4.compress,
    "zstd": lambda data: cramjam.zstd.compress(data, level=3),
}
# Bytes of an earlier source and of a forced one, and what a larger stamp counts for, only to choose the nearest.
SOURCE_BYTES, FORCED_BYTES, PIXEL_BYTES = 386, 120, 1000
CANDIDATES = 300


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("paths", nargs="+", help="files, or folders of .avro and .avro.gz")
    parser.add_argument("--generator", default=GENERATOR, help="command of rubin-alert-sim")
    parser.add_argument("--schemas", help="folder of Rubin's own schema files, as lsst/alert_packet has them")
    parser.add_argument("--fields", action="store_true")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()

    schemas = Schemas(args.generator, args.schemas)
    real, skipped = real_alerts(args.paths, schemas)
    comparisons = [comparison(alert, *nearest(alert, schemas)) for alert in real]
    if args.json:
        print_json({"alerts": comparisons, "skipped": skipped})
    else:
        print_tables(comparisons, skipped, args.fields)
    return 0 if comparisons and not any(faults_of(one) for one in comparisons) else 1


def nearest(real, schemas):
    """The synthetic alert that is most like a real one, and all of its kind that were made."""
    length = len(real.sources)
    if real.is_solar_system:
        kind = ["--solar-system", "100%"]
    elif length == 0:
        kind = ["--solar-system", "0%", "--history-none", "100%"]
    else:
        # With this median every length up to the longest is as frequent, so one of a few hundred is near.
        longest = min(2300, length + max(3, length // 4))
        lengths = ["--history-none", "30%", "--history-median", str(longest * 2 // 7), "--history-max", str(longest)]
        kind = ["--solar-system", "0%", *lengths]
    options = ["--alerts-per-visit", str(CANDIDATES), "--detectors", "20", *kind]
    made = [one for one in synthetic_alerts(schemas, real.version, options) if one.is_solar_system == real.is_solar_system]
    side = real.stamp_side()

    def distance(alert):
        history = abs(len(alert.sources) - length) * SOURCE_BYTES
        forced = abs(len(alert.forced) - len(real.forced)) * FORCED_BYTES
        return history + forced + abs((alert.stamp_side() or 0) - (side or 0)) * PIXEL_BYTES

    return min(made, key=distance), made


def comparison(real, synthetic, made):
    return {
        "name": real.name,
        "schema": real.version,
        "history": [len(real.sources), len(synthetic.sources)],
        "forced": [len(real.forced), len(synthetic.forced)],
        "bytes": [len(alert.record) + FRAME_BYTES for alert in (real, synthetic)],
        "ratios": {name: [ratio(codec, alert.record) for alert in (real, synthetic)] for name, codec in CODECS.items()},
        "cutouts": {name: [parts_of(alert, name) for alert in (real, synthetic)] for name in CUTOUTS},
        "cutoutRatios": {
            name: {codec: [ratio(run, alert.content[name]) for alert in (real, synthetic)] for codec, run in CODECS.items()}
            for name in CUTOUTS
            if real.content[name] and synthetic.content[name]
        },
        "onlyRealNull": sorted(fields_that_are("null", real) - fields_that_are("null", synthetic)),
        "onlySyntheticNull": sorted(fields_that_are("null", synthetic) - fields_that_are("null", real)),
        "onlyRealNaN": sorted(fields_that_are("NaN", real) - fields_that_are("NaN", synthetic)),
        "onlySyntheticNaN": sorted(fields_that_are("NaN", synthetic) - fields_that_are("NaN", real)),
        "flagsSet": [sorted(flags_of(alert)) for alert in (real, synthetic)],
        "fields": field_ranges(real, made),
    }


def ratio(codec, data):
    return round(len(data) / len(bytes(codec(data))), 4)


def parts_of(alert, name):
    parts = alert.cutout(name)
    return None if parts is None else [[part.name, str(part.data.dtype.newbyteorder("=")), list(part.data.shape)] for part in parts]


def leaves(value, path=""):
    """Every plain value of an alert by its path; histories as their first entries, cutouts left out."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name not in CUTOUTS:
                yield from leaves(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for inner in value[:1]:
            yield from leaves(inner, f"{path}[0]")
    else:
        yield path, value


def state(value):
    if value is None:
        return "null"
    return "NaN" if isinstance(value, float) and math.isnan(value) else "value"


def fields_that_are(wanted, alert):
    return {path for path, value in leaves(without_band(alert)) if state(value) == wanted}


def without_band(alert):
    """The content with the statistics of the alert's own filter under one name, whichever filter it is."""
    content = dict(alert.content)
    if content["diaObject"] is not None:
        own = content["diaSource"]["band"] + "_"
        filters = ["u_", "g_", "r_", "i_", "z_", "y_"]
        others = iter(["first_", "second_", "third_", "fourth_", "fifth_"])
        names = {name: "own_" if name == own else next(others) for name in filters}
        content["diaObject"] = {
            names.get(name[:2], name[:2]) + name[2:]: value for name, value in content["diaObject"].items()
        }
    return content


def flags_of(alert):
    return {name for name, value in alert.content["diaSource"].items() if value is True and name != "isNegative"}


def field_ranges(real, made):
    ranges = {}
    for alert in made:
        for path, value in leaves(without_band(alert)):
            ranges.setdefault(path, []).append(value)
    return {path: [shown(value), summary(ranges.get(path, []))] for path, value in leaves(without_band(real))}


def summary(values):
    states = {name: sum(state(value) == name for value in values) for name in ("null", "NaN", "value")}
    plain = [value for value in values if state(value) == "value"]
    words = [f"{name} {count / len(values):.0%}" for name, count in states.items() if count and name != "value"]
    if plain:
        least, most = min(plain), max(plain)
        words.append(shown(least) if least == most else f"{shown(least)} to {shown(most)}")
    return ", ".join(words) or "absent"


def shown(value):
    return f"{value:.6g}" if state(value) == "value" and isinstance(value, float) else str(value)


def off(pair):
    real, synthetic = pair
    return synthetic / real - 1


def faults_of(one):
    faults = []
    if abs(off(one["bytes"])) > MOST_SIZE:
        faults.append(f"size differs by {off(one['bytes']):+.1%}")
    for codec, pair in one["ratios"].items():
        if abs(off(pair)) > MOST_RATIO:
            faults.append(f"{codec} differs by {off(pair):+.1%}")
    for name, (real, synthetic) in one["cutouts"].items():
        if kinds(real) != kinds(synthetic):
            faults.append(f"{name} has other parts")
    for side in ("onlyRealNull", "onlySyntheticNull"):
        if one[side]:
            faults.append(f"{side}: {', '.join(one[side][:3])}")
    return faults


def kinds(parts):
    """Names and types of the parts, and the shape of the last; those of the others follow the source's size."""
    return parts and [[name, kind] for name, kind, _ in parts] + [parts[-1][2]]


def print_tables(comparisons, skipped, with_fields):
    codecs = list(CODECS)
    print("| real alert | schema | history | forced | bytes | synthetic | off |", " | ".join(codecs), "|")
    print("|" + " --- |" * (7 + len(codecs)))
    for one in comparisons:
        real, synthetic = one["bytes"]
        ratios = [f"{pair[0]:.3f} / {pair[1]:.3f} ({off(pair):+.1%})" for pair in one["ratios"].values()]
        lengths = [f"{a} / {b}" for a, b in (one["history"], one["forced"])]
        cells = [one["name"], one["schema"], *lengths, f"{real:,}", f"{synthetic:,}", f"{off(one['bytes']):+.2%}", *ratios]
        print("|", " | ".join(cells), "|")
    for one in comparisons:
        print(f"\n## {one['name']}\n")
        for name, (real, synthetic) in one["cutouts"].items():
            print(f"- {name}: {parts_text(real)}; synthetic {'the same' if real == synthetic else parts_text(synthetic)}")
            for codec, pair in one["cutoutRatios"].get(name, {}).items():
                print(f"  - {codec} {pair[0]:.3f} / {pair[1]:.3f} ({off(pair):+.1%})")
        for side in ("onlyRealNull", "onlySyntheticNull", "onlyRealNaN", "onlySyntheticNaN"):
            print(f"- {side}: {', '.join(one[side]) or 'none'}")
        print(f"- flags set: {one['flagsSet'][0] or 'none'}; synthetic {one['flagsSet'][1] or 'none'}")
        for fault in faults_of(one):
            print(f"- **{fault}**")
        if with_fields:
            print("\n| field | real | synthetic ones |\n| --- | --- | --- |")
            for path, (real, synthetic) in one["fields"].items():
                print(f"| {path} | {real} | {synthetic} |")
    if skipped:
        print("\nnot compared:")
        for path, reason in skipped:
            print(f"- {path}: {reason}")


def parts_text(parts):
    return "null" if parts is None else ", ".join(f"{name} {kind} {'x'.join(map(str, shape))}" for name, kind, shape in parts)


if __name__ == "__main__":
    sys.exit(main())
