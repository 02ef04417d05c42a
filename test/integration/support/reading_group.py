"""A consumer that is not ours: reads a topic as a member of a group, and commits by itself, as most consumers do.

Usage: reading_group.py BOOTSTRAP TOPIC GROUP COMMIT_EVERY_MS [NAME=VALUE…]; it commits nothing with 0."""

import sys

from confluent_kafka import Consumer

bootstrap, topic, group, every, *more = sys.argv[1:]
consumer = Consumer(
    {
        "bootstrap.servers": bootstrap,
        "group.id": group,
        "auto.offset.reset": "earliest",
        "enable.auto.commit": every != "0",
        "auto.commit.interval.ms": max(1, int(every)),
        "topic.metadata.refresh.interval.ms": 500,
        **dict(pair.split("=", 1) for pair in more),
    }
)
consumer.subscribe([topic], on_assign=lambda *_: print("assigned", flush=True))
while True:
    consumer.poll(1)
