"""A consumer for the tests: reads where its environment says, and behaves as its arguments say.

    consumer_under_test.py [--crash-after N] [--skip-every N] [--write FILE] [--never-commit] [--leak]
"""

import argparse
import os

from confluent_kafka import Consumer

parser = argparse.ArgumentParser()
parser.add_argument("--crash-after", type=int)
parser.add_argument("--skip-every", type=int)
parser.add_argument("--write")
parser.add_argument("--never-commit", action="store_true")
parser.add_argument("--leak", action="store_true")
args = parser.parse_args()

consumer = Consumer({
    "bootstrap.servers": os.environ["KAFKA_BOOTSTRAP_SERVERS"],
    "group.id": os.environ["KAFKA_GROUP_ID"],
    "enable.auto.commit": False,
    # One that has died keeps its partitions for this long.
    "session.timeout.ms": 6000,
})
consumer.subscribe([os.environ["KAFKA_TOPIC"]])
print("member", os.environ["ALERTSIM_MEMBER"], "reads", os.environ["KAFKA_TOPIC"], flush=True)


def alert_id(value):
    """The first field of the record, a long as Avro writes it."""
    number = shift = 0
    for byte in value[5:]:
        number |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return (number >> 1) ^ -(number & 1)


written = open(args.write, "a") if args.write else None
kept = []
count = 0
while True:
    message = consumer.poll(0.2)
    if message is None or message.error():
        continue
    count += 1
    if args.crash_after is not None and count > args.crash_after:
        raise KeyError("diaObject")
    if args.leak:
        kept.append(message.value() * 4)
    if written and not (args.skip_every and count % args.skip_every == 0):
        written.write(f"{alert_id(message.value())}\n")
        written.flush()
    if not args.never_commit:
        consumer.commit(message, asynchronous=False)
