"""Reads a topic to its end with another client, and prints what the stamps of its messages say, as JSON.

usage: read_stamps.py BOOTSTRAP TOPIC
"""

import json
import struct
import sys
from collections import Counter

from confluent_kafka import Consumer, TopicPartition

bootstrap, topic = sys.argv[1:]
consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "independent", "enable.auto.commit": False})
partitions = consumer.list_topics(topic, 10).topics[topic].partitions
bounds = {p: consumer.get_watermark_offsets(TopicPartition(topic, p), 10) for p in partitions}
consumer.assign([TopicPartition(topic, p, low) for p, (low, _) in bounds.items()])
total = sum(high - low for low, high in bounds.values())

seen = Counter()
phases = Counter()
unstamped = 0
read = 0
while read < total:
    message = consumer.poll(10)
    if message is None:
        sys.exit(f"only {read} of {total} messages came")
    if message.error():
        sys.exit(str(message.error()))
    read += 1
    stamp = dict(message.headers() or []).get("alertsim-stamp")
    if stamp is None:
        unstamped += 1
        continue
    run, producer, phase, sequence, _due_ns = struct.unpack("<IHHQd", stamp)
    seen[(run, producer, message.partition(), sequence)] += 1
    phases[phase] += 1
consumer.close()
print(
    json.dumps(
        {
            "read": read,
            "different": len(seen),
            "unstamped": unstamped,
            "phases": [count for _, count in sorted(phases.items())],
        }
    )
)
