#!/usr/bin/env python3
"""Reads alerts with confluent-kafka's own deserializer, which asks a schema registry for the schema of each id.

This is how several alert brokers read Rubin's stream; here the broker and the registry are the simulator's.

    python3 -m pip install 'confluent-kafka[avro]'
    rubin-alert-sim broker up
    python3 examples/registry_consumer.py --topic alerts-stream --count 792

Exit codes: 0 done; 2 a message that cannot be decoded; 3 Kafka or the registry cannot be reached;
4 fewer alerts than --count came in time; 130 ended with Ctrl-C.
"""

import argparse
import os
import sys
import time

from confluent_kafka import DeserializingConsumer, KafkaError, KafkaException
from confluent_kafka.error import ConsumeError
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer

# What a broker says of a topic that does not exist, or was made a moment ago.
NOT_YET = (KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError.LEADER_NOT_AVAILABLE)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--broker", default="localhost:9092", help="address of Kafka (%(default)s)")
    parser.add_argument("--registry", default="http://localhost:8081", help="address of the schema registry (%(default)s)")
    parser.add_argument("--topic", default="alerts-stream", help="the topic to read (%(default)s)")
    parser.add_argument("--group", help="consumer group; consumers of one group share the partitions")
    parser.add_argument("--count", type=int, help="end after this many alerts; without it, Ctrl-C ends")
    parser.add_argument("--timeout", type=float, default=60, help="with --count: seconds to wait for the next alert (60)")
    args = parser.parse_args()

    registry = SchemaRegistryClient({"url": args.registry})
    consumer = DeserializingConsumer({
        "bootstrap.servers": args.broker,
        "group.id": args.group or f"example-{os.getpid()}-{time.time_ns()}",
        "auto.offset.reset": "earliest",
        # A consumer that does real work commits what it has dealt with: `consumer.commit(message)`.
        "enable.auto.commit": False,
        "value.deserializer": AvroDeserializer(registry),
    })
    count = 0
    deadline = time.monotonic() + args.timeout
    try:
        if not waited(consumer, args):
            return ended(4, f"the topic {args.topic} did not appear within {args.timeout:g} s")
        consumer.subscribe([args.topic])
        deadline = time.monotonic() + args.timeout
        while args.count is None or count < args.count:
            message = consumer.poll(0.5)
            if message is None:
                if args.count is not None and time.monotonic() > deadline:
                    return ended(4, f"no alert came for {args.timeout:g} s: {count} of {args.count} were read")
                continue
            alert = message.value()
            # Versions up to 7 of the schema call the id `alertId`.
            alert_id = alert.get("alertId", alert.get("diaSourceId"))
            print(f"id={alert_id}  len(history)={len(alert.get('prvDiaSources') or [])}", flush=True)
            count += 1
            deadline = time.monotonic() + args.timeout
    except ConsumeError as error:
        if error.code == KafkaError._VALUE_DESERIALIZATION:
            # An unknown id, or no registry: the client's own message says which.
            return ended(3 if "onnect" in str(error) else 2, f"cannot decode an alert: {error}")
        return ended(3, f"cannot read the topic {args.topic}: {error}")
    except KafkaException as error:
        return ended(3, f"cannot reach Kafka at {args.broker}: {error}")
    except KeyboardInterrupt:
        return 130
    finally:
        consumer.close()
    print(f"read {count} alerts from {args.topic}", file=sys.stderr)
    return 0


def waited(consumer, args):
    """Waits until the topic exists: a stream is often made after its reader was started."""
    deadline = time.monotonic() + args.timeout
    said = False
    while True:
        topic = consumer.list_topics(args.topic, timeout=5).topics.get(args.topic)
        # What else is wrong with it, the consumer reports itself.
        if topic is not None and (topic.error is None or topic.error.code() not in NOT_YET):
            return True
        if args.count is not None and time.monotonic() > deadline:
            return False
        if not said:
            print(f"the topic {args.topic} does not exist yet: waiting for it", file=sys.stderr, flush=True)
        said = True
        time.sleep(0.5)


def ended(exit_code, why):
    print(f"registry_consumer.py: {why}", file=sys.stderr)
    return exit_code


if __name__ == "__main__":
    sys.exit(main())
