#!/usr/bin/env python3
"""Reads synthetic alerts with fastavro and their cutouts with astropy, and fits the fluxes.

    python3 -m pip install -r scripts/realism/requirements.txt
    python3 scripts/realism/check.py --schema 11.0 --alerts 1000
    python3 scripts/realism/check.py --schema 10.0 --schemas .../lsst/alert/packet/schema   # with Rubin's own files

Prints a line of JSON; its exit code is 1 where something does not hold.
"""

import argparse
import sys

from alerts import CUTOUTS, GENERATOR, VERSIONS, Schemas, fitted_flux, print_json, synthetic_alerts

PARTS = ["PRIMARY", "UNCERT", "PSFIMAGE"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--schema", choices=VERSIONS, default="11.0")
    parser.add_argument("--schemas", help="folder of Rubin's own schema files, as lsst/alert_packet has them")
    parser.add_argument("--alerts", type=int, default=1000)
    parser.add_argument("--generator", default=GENERATOR)
    args = parser.parse_args()

    schemas = Schemas(args.generator, args.schemas)
    opened, worst, faults = 0, 0.0, []
    options = ["--alerts-per-visit", str(args.alerts), "--history-max", "20"]
    count = 0
    for alert in synthetic_alerts(schemas, args.schema, options):
        count += 1
        for name in CUTOUTS:
            parts = alert.cutout(name)
            opened += 1
            if [part.name for part in parts] != PARTS:
                faults.append(f"{alert.name}: {name} has {[part.name for part in parts]}")
        source = alert.content["diaSource"]
        off = (fitted_flux(alert.cutout(CUTOUTS[0])) - source["psfFlux"]) / source["psfFluxErr"]
        worst = max(worst, abs(off))
        if abs(off) > 1:
            faults.append(f"{alert.name}: the flux in the difference image is off by {off:.2f} of its error")
    print_json(
        {
            "schema": args.schema,
            "schemaFiles": "Rubin's" if schemas.folder is not None else "the generator's",
            "alerts": count,
            "cutouts": opened,
            "worstFluxInErrors": round(worst, 4),
            "faults": faults[:10],
        }
    )
    return 0 if count == args.alerts and not faults else 1


if __name__ == "__main__":
    sys.exit(main())
