#!/usr/bin/env python3
"""Reads alerts from a Kafka topic, from its beginning on, and prints a line for each of them.

A start for a consumer of your own: how to subscribe, take an alert from the wire format, and decode it.

    python3 -m pip install -r examples/requirements.txt
    python3 examples/consumer.py --topic alerts-stream --count 792
    python3 examples/consumer.py --registry http://localhost:8081    # schemas by the ids in the messages

Exit codes: 0 done; 2 bad usage, or alerts of another schema; 3 Kafka or the registry cannot be reached or refuses us;
4 fewer alerts than --count came in time; 130 ended with Ctrl-C.
"""

import argparse
import io
import json
import os
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import confluent_kafka
import fastavro

SCHEMA_FILE = Path(__file__).parent.parent / "src/alerts/synthetic/schema/lsst.v11_0.alert.avsc"

# An alert on the wire: 0x00, the schema's id in four bytes, big-endian, and then the Avro record.
FRAME_BYTES = 5

UNREACHABLE = {
    confluent_kafka.KafkaError._ALL_BROKERS_DOWN,
    confluent_kafka.KafkaError._AUTHENTICATION,
    confluent_kafka.KafkaError._RESOLVE,
    confluent_kafka.KafkaError._SSL,
}


# What a broker says of a topic that does not exist, or was made a moment ago.
NOT_YET = {
    confluent_kafka.KafkaError.UNKNOWN_TOPIC_OR_PART,
    confluent_kafka.KafkaError.LEADER_NOT_AVAILABLE,
}


class ConsumerError(Exception):
    """An error that ends the program: its message and its exit code."""

    def __init__(self, exit_code, message):
        super().__init__(message)
        self.exit_code = exit_code


def main():
    args = parse_arguments()
    try:
        schemas = RegistrySchemas(args.registry) if args.registry else OneSchema(load_schema(args.schema))
        count = 0
        for message in messages(args):
            alert = decode(message, schemas)
            # Versions up to 7 of the schema call the id `alertId`.
            alert_id = alert.get("alertId", alert.get("diaSourceId"))
            history = alert.get("prvDiaSources") or []
            print(f"id={alert_id}  len(history)={len(history)}  size={len(message.value())}", flush=True)
            count += 1
        print(f"read {count} alerts from {args.topic}", file=sys.stderr)
        return 0
    except ConsumerError as error:
        print(f"consumer.py: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read our lines has seen enough (`| head`); Python would complain once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--broker", default="localhost:9092", help="address of Kafka (%(default)s)")
    parser.add_argument("--topic", default="alerts-stream", help="the topic to read (%(default)s)")
    parser.add_argument("--group", help="consumer group; consumers of one group share the partitions")
    parser.add_argument("--schema", type=Path, default=SCHEMA_FILE, help="the alerts' schema: .avsc, or a container")
    parser.add_argument("--registry", metavar="URL", help="a schema registry that knows the schemas by their ids")
    parser.add_argument("--count", type=int, help="end after this many alerts; without it, Ctrl-C ends")
    parser.add_argument("--timeout", type=float, default=60, help="with --count: seconds to wait for the topic, and for the next alert (60)")
    parser.add_argument("-X", dest="properties", metavar="NAME=VALUE", action="append", default=[],
                        help="any librdkafka property, such as security.protocol=sasl_ssl; may be given again")
    args = parser.parse_args()
    if args.count is not None and args.count < 1:
        parser.error("--count takes a number from 1 on")
    for entry in args.properties:
        if "=" not in entry:
            parser.error(f"-X {entry} is not of the form name=value")
    return args


class OneSchema:
    """The same schema for all alerts."""

    def __init__(self, schema):
        self.schema = schema

    def by_id(self, schema_id):
        return self.schema


class RegistrySchemas:
    """The schemas of a registry, each asked for once."""

    def __init__(self, url):
        self.url = url.rstrip("/")
        self.known = {}

    def by_id(self, schema_id):
        if schema_id not in self.known:
            self.known[schema_id] = self.ask(schema_id)
        return self.known[schema_id]

    def ask(self, schema_id):
        try:
            with urllib.request.urlopen(f"{self.url}/schemas/ids/{schema_id}", timeout=10) as answer:
                return fastavro.parse_schema(json.loads(json.load(answer)["schema"]))
        except urllib.error.HTTPError as error:
            if error.code == 404:
                raise ConsumerError(2, f"the registry at {self.url} has no schema with the id {schema_id}") from error
            raise ConsumerError(3, f"the registry at {self.url} answers {error.code}") from error
        except OSError as error:
            raise ConsumerError(3, f"cannot reach the registry at {self.url}: {error}") from error
        except (ValueError, KeyError, TypeError) as error:
            raise ConsumerError(3, f"{self.url} is not a schema registry") from error


def load_schema(path):
    """The schema of an .avsc file, or the one that a container was written with."""
    try:
        if path.suffix == ".avsc":
            return fastavro.schema.load_schema("given", repo=SchemaFiles(path))
        with path.open("rb") as container:
            return fastavro.reader(container).writer_schema
    except (OSError, ValueError, EOFError, fastavro.schema.SchemaParseException) as error:
        raise ConsumerError(2, f"cannot read a schema from {path}: {error}") from error


class SchemaFiles(fastavro.repository.base.AbstractSchemaRepository):
    """A schema, and those in the .avsc files beside it: Rubin's has a file for each record, which name each other."""

    def __init__(self, path):
        self.schemas = {}
        for file in path.parent.glob("*.avsc"):
            try:
                schema = json.loads(file.read_text())
                self.schemas[".".join(filter(None, (schema.get("namespace"), schema["name"])))] = schema
                self.schemas[schema["name"]] = schema
            except (OSError, ValueError, KeyError, AttributeError):
                continue
        self.schemas["given"] = json.loads(path.read_text())

    def load(self, name):
        if name not in self.schemas:
            raise fastavro.repository.base.SchemaRepositoryError(f"no .avsc file declares {name}")
        return self.schemas[name]


def messages(args):
    """The topic's messages, from the first one on; all of them for ever, or as many as --count says."""
    unreachable = []

    def on_error(error):
        if error.code() in UNREACHABLE or error.fatal():
            unreachable.append(error)

    settings = {
        "bootstrap.servers": args.broker,
        # A group of its own sees all alerts. Rubin's broker asks for names that begin with the user's.
        "group.id": args.group or f"example-{os.getpid()}-{time.time_ns()}",
        "auto.offset.reset": "earliest",
        # A consumer that does real work commits what it has dealt with: `consumer.commit(message)`.
        "enable.auto.commit": False,
        "error_cb": on_error,
        **dict(entry.split("=", 1) for entry in args.properties),
    }
    try:
        consumer = confluent_kafka.Consumer(settings)
    except confluent_kafka.KafkaException as error:
        raise ConsumerError(2, error.args[0].str()) from error
    try:
        wait_for_topic(consumer, args, unreachable)
        consumer.subscribe([args.topic])
        count = 0
        deadline = time.monotonic() + args.timeout
        while args.count is None or count < args.count:
            message = consumer.poll(0.5)
            if message is not None and message.error() is None:
                yield message
                count += 1
                deadline = time.monotonic() + args.timeout
                continue
            if message is not None:
                raise topic_error(message.error(), args.topic)
            if unreachable and count == 0:
                raise ConsumerError(3, f"cannot reach Kafka at {args.broker}: {unreachable[-1].str()}")
            if args.count is not None and time.monotonic() > deadline:
                raise ConsumerError(4, f"no alert came for {args.timeout:g} s: {count} of {args.count} were read")
    finally:
        consumer.close()


def wait_for_topic(consumer, args, unreachable):
    """Returns when the topic exists: a stream is often made after its reader was started."""
    deadline = time.monotonic() + args.timeout
    said = False
    while True:
        try:
            error = consumer.list_topics(args.topic, timeout=5).topics[args.topic].error
        except confluent_kafka.KafkaException as exception:
            consumer.poll(0)  # lets on_error see what librdkafka has reported meanwhile
            reason = (unreachable or exception.args)[-1].str()
            raise ConsumerError(3, f"cannot reach Kafka at {args.broker}: {reason}") from exception
        if error is None:
            return
        if error.code() not in NOT_YET:
            raise topic_error(error, args.topic)
        if not said:
            print(f"the topic {args.topic} does not exist yet: waiting for it", file=sys.stderr, flush=True)
            said = True
        if args.count is not None and time.monotonic() > deadline:
            raise ConsumerError(4, f"the topic {args.topic} did not appear within {args.timeout:g} s")
        time.sleep(0.5)


def topic_error(error, topic):
    if error.code() == confluent_kafka.KafkaError.UNKNOWN_TOPIC_OR_PART:
        return ConsumerError(2, f"the topic {topic} does not exist")
    return ConsumerError(3, f"cannot read the topic {topic}: {error.str()}")


def decode(message, schemas):
    """Takes an alert from the wire format and decodes it: a dict, with the ids as whole numbers of any size."""
    value = message.value() or b""
    place = f"the message at offset {message.offset()} of partition {message.partition()}"
    if len(value) < FRAME_BYTES or value[0] != 0:
        raise ConsumerError(2, f"{place} is not in the wire format of Rubin's alerts")
    schema_id = int.from_bytes(value[1:FRAME_BYTES], "big")
    record = io.BytesIO(value[FRAME_BYTES:])
    schema = schemas.by_id(schema_id)
    try:
        alert = fastavro.schemaless_reader(record, schema)
    except Exception as error:  # fastavro raises whatever the wrong bytes lead to
        raise ConsumerError(2, other_schema(place, schema_id)) from error
    if record.read(1):
        raise ConsumerError(2, other_schema(place, schema_id))
    return alert


def other_schema(place, schema_id):
    return f"{place} was written with another schema (its id is {schema_id}): give it with --schema FILE, or --registry URL"


if __name__ == "__main__":
    sys.exit(main())
