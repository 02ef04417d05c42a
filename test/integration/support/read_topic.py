"""Prints what a reader that is not ours finds in a topic or a recording, a line of JSON for each message."""

import json
import sys


def line(partition, timestamp, key, value, headers):
    def text(content):
        return None if content is None else content.hex()

    own = [[name, text(content)] for name, content in headers if not name.startswith("alertsim-")]
    print(json.dumps([partition, timestamp, text(key), text(value), own]))


def topic(bootstrap, name):
    from confluent_kafka import Consumer, TopicPartition

    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "reader", "enable.partition.eof": True, "fetch.wait.max.ms": 20})
    partitions = list(consumer.list_topics(name).topics[name].partitions)
    # Partition by partition, so that the order is that of each.
    for partition in sorted(partitions):
        consumer.assign([TopicPartition(name, partition, -2)])
        while True:
            message = consumer.poll(10)
            if message is None:
                raise SystemExit(f"partition {partition} has no end")
            if message.error():
                break
            line(partition, message.timestamp()[1], message.key(), message.value(), message.headers() or [])
    consumer.close()


def recording(path):
    import fastavro

    with open(path, "rb") as file:
        records = list(fastavro.reader(file))
    for record in sorted(records, key=lambda record: record["partition"]):
        headers = [(header["key"], header["value"]) for header in record["headers"]]
        line(record["partition"], record["timestamp"], record["key"], record["value"], headers)


if sys.argv[1] == "topic":
    topic(sys.argv[2], sys.argv[3])
else:
    recording(sys.argv[2])
