"""Reads an HdrHistogram interval log with the Python library, and prints counts and percentiles by tag as JSON.

A percentile is the value of rank ceil(count * percentile / 100): so many values are at or below it. The library's own
get_value_at_percentile rounds the rank to the nearest instead, which now and then is one value lower; so the ranks are
counted here, in the values that the library has read.
"""

import json
import math
import sys

from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogReader

LOWEST, HIGHEST, DIGITS = 1, 3_600_000_000, 3
PERCENTILES = {"p50": 50, "p90": 90, "p95": 95, "p99": 99, "p999": 99.9}


def value_at(histogram, percentile):
    exact = percentile / 100 * histogram.get_total_count()
    # 95 % of 900 may come out a hair above 855.
    rank = max(1, math.ceil(exact - math.ulp(exact)))
    seen = 0
    for item in histogram.get_recorded_iterator():
        seen += item.count_added_in_this_iter_step
        if seen >= rank:
            return histogram.get_highest_equivalent_value(item.value_iterated_to)
    return None


def main(path):
    merged = {}
    reader = HistogramLogReader(path, HdrHistogram(LOWEST, HIGHEST, DIGITS))
    while True:
        interval = reader.get_next_interval_histogram()
        if interval is None:
            break
        merged.setdefault(interval.get_tag(), HdrHistogram(LOWEST, HIGHEST, DIGITS)).add(interval)
    result = {
        tag: {
            "count": histogram.get_total_count(),
            **{name: value_at(histogram, at) for name, at in PERCENTILES.items()},
        }
        for tag, histogram in merged.items()
    }
    print(json.dumps(result))


main(sys.argv[1])
