"""Writes a topic as other programs do: transactions, aborted ones too, keys, headers, messages without a value."""

import json
import sys

from confluent_kafka import Producer

bootstrap, topic, count, partitions, first_ms = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6])
producer = Producer({"bootstrap.servers": bootstrap, "transactional.id": topic, "linger.ms": 5})
producer.init_transactions(10)


def send(index, value):
    headers = [("n", str(index).encode()), ("bytes", b"\x00\xff"), ("twice", b"a"), ("twice", b"b"), ("none", None)]
    producer.produce(
        topic,
        value=value,
        key=None if index % 5 == 4 else f"object {index % 7}".encode(),
        headers=headers,
        # Not where any hash of the key would put it.
        partition=index % 3 % partitions,
        timestamp=first_ms + 10 * index,
    )


for start in range(0, count, 10):
    producer.begin_transaction()
    for index in range(start, min(start + 10, count)):
        # One in twenty is a tombstone.
        send(index, None if index % 20 == 7 else f"alert {index} ".encode() * 50)
    producer.commit_transaction(10)
    producer.begin_transaction()
    send(start, b"aborted")
    producer.flush(10)
    producer.abort_transaction(10)
print(json.dumps({"sent": count}))
