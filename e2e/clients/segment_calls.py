"""Makes the calls that arrive on standard input with Segment's Python library.

Usage: segment_calls.py ORIGIN WRITE_KEY plain|gzip < calls.json
A call is [name, {arguments}]. Prints the library's errors as a list of texts, one line of JSON.
"""

import json
import sys

from segment.analytics.client import Client


def main(origin, write_key, encoding):
    errors = []
    client = Client(
        write_key,
        host=origin,
        gzip=encoding == "gzip",
        max_retries=0,
        on_error=lambda error, _: errors.append(str(error)),
    )
    for name, arguments in json.load(sys.stdin):
        getattr(client, name)(**arguments)
    client.shutdown()
    print(json.dumps(errors))


main(*sys.argv[1:])
