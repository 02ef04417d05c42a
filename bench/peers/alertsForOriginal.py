"""Copies a container of alerts to one that the original simulator can read, too: with the fields that it asks for.

Alerts of today's schema have neither `alertId` (gone since v8.0) nor `midPointTai` (`midpointMjdTai` since v5.0).

With a size, what each alert tells of earlier detections is left out, and its template is filled up to that size: as many
bytes, but few values. Decoding and encoding are cheap then, as they were for the alerts of the original's time.

usage: alertsForOriginal.py FROM.avro TO.avro [BYTES]
"""

import copy
import io
import sys

import fastavro


def with_fields(schema):
    """The schema with the two fields of old."""
    widened = copy.deepcopy(schema)
    source = next(field for field in widened["fields"] if field["name"] == "diaSource")["type"]
    # Earlier sources of the history are of the same type, and need no value.
    source["fields"].append({"name": "midPointTai", "type": "double", "default": 0.0})
    widened["fields"].append({"name": "alertId", "type": "long"})
    return fastavro.parse_schema(widened)


def widened(alerts, schema, size):
    """The alerts with the two fields of old."""
    for alert in alerts:
        alert["alertId"] = alert["diaSourceId"]
        alert["diaSource"]["midPointTai"] = alert["diaSource"]["midpointMjdTai"]
        if size is not None:
            fill(alert, schema, size)
        yield alert


def fill(alert, schema, size):
    """Replaces the history by bytes of no meaning."""
    alert["prvDiaSources"] = None
    alert["prvDiaForcedSources"] = None
    encoded = io.BytesIO()
    fastavro.schemaless_writer(encoded, schema, alert)
    missing = max(0, size - encoded.tell())
    alert["cutoutTemplate"] = (alert["cutoutTemplate"] or b"") + bytes(missing)


def main(source, target, size=None):
    with open(source, "rb") as read, open(target, "wb") as write:
        reader = fastavro.reader(read)
        schema = with_fields(reader.writer_schema)
        fastavro.writer(write, schema, widened(reader, schema, None if size is None else int(size)))


if __name__ == "__main__":
    main(*sys.argv[1:])
