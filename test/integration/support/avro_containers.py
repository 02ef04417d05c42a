"""Writes and reads containers with fastavro and with Apache Avro for Python: two implementations that are not ours.

    avro_containers.py write FOLDER   # FOLDER/alerts.json (schema, records) -> FOLDER/<library>-<codec>.avro
    avro_containers.py read FILE...   # -> JSON: for each file the records that each library finds
"""

import base64
import json
import sys
from pathlib import Path

import avro.datafile
import avro.io
import avro.schema
import fastavro

FASTAVRO_CODECS = ["null", "deflate", "snappy", "zstandard", "bzip2", "xz", "lz4"]
AVRO_CODECS = ["null", "deflate", "snappy", "zstandard", "bzip2"]


def plain(record):
    return [
        str(record["alertId"]),
        record["diaSource"]["midpointMjdTai"],
        None if record["prvDiaSources"] is None else [one["midpointMjdTai"] for one in record["prvDiaSources"]],
        None if record["cutoutDifference"] is None else base64.b64encode(record["cutoutDifference"]).decode(),
    ]


def rich(row):
    return {
        "alertId": int(row[0]),
        "diaSource": {"midpointMjdTai": row[1]},
        "prvDiaSources": None if row[2] is None else [{"midpointMjdTai": one} for one in row[2]],
        "cutoutDifference": None if row[3] is None else base64.b64decode(row[3]),
    }


def write(folder):
    given = json.loads((folder / "alerts.json").read_text())
    records = [rich(row) for row in given["records"]]
    for codec in FASTAVRO_CODECS:
        with (folder / f"fastavro-{codec}.avro").open("wb") as file:
            fastavro.writer(file, fastavro.parse_schema(given["schema"]), records, codec=codec, sync_interval=2000)
    for codec in AVRO_CODECS:
        schema = avro.schema.parse(json.dumps(given["schema"]))
        file = (folder / f"avro-{codec}.avro").open("wb")
        writer = avro.datafile.DataFileWriter(file, avro.io.DatumWriter(), schema, codec=codec)
        for index, record in enumerate(records):
            writer.append(record)
            if index % 50 == 49:
                writer.sync()
        writer.close()


def read(path):
    with path.open("rb") as file:
        by_fastavro = [plain(record) for record in fastavro.reader(file)]
    with path.open("rb") as file:
        by_avro = [plain(record) for record in avro.datafile.DataFileReader(file, avro.io.DatumReader())]
    return {"fastavro": by_fastavro, "avro": by_avro}


if sys.argv[1] == "write":
    write(Path(sys.argv[2]))
else:
    print(json.dumps({path: read(Path(path)) for path in sys.argv[2:]}))
