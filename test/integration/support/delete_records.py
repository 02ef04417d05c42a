"""Deletes the messages of a partition that are before an offset, as an operator or retention does."""

import sys

from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient

bootstrap, topic, partition, offset = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
admin = AdminClient({"bootstrap.servers": bootstrap})
for deleted in admin.delete_records([TopicPartition(topic, partition, offset)]).values():
    deleted.result(10)
