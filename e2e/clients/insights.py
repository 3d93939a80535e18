"""Sends the events that arrive on standard input with the vendor's Python client.

Usage: insights.py HOST:PORT APP_ID API_KEY sync|async < events.json
Prints the answer, or the client's error, as one line of JSON.
"""

import asyncio
import json
import sys

from algoliasearch.http.exceptions import RequestException
from algoliasearch.http.hosts import Host, HostsCollection
from algoliasearch.insights.client import InsightsClient, InsightsClientSync
from algoliasearch.insights.config import InsightsConfig


def configuration(address, app_id, api_key):
    config = InsightsConfig(app_id, api_key)
    config.hosts = HostsCollection([Host(address, scheme="http")])
    return config


def push(config, body):
    with InsightsClientSync.create_with_config(config) as client:
        return client.push_events(body)


async def push_async(config, body):
    async with InsightsClient.create_with_config(config) as client:
        return await client.push_events(body)


def main(address, app_id, api_key, mode):
    config = configuration(address, app_id, api_key)
    body = json.load(sys.stdin)
    try:
        answer = asyncio.run(push_async(config, body)) if mode == "async" else push(config, body)
        print(json.dumps({"status": answer.status, "message": answer.message}))
    except RequestException as error:
        print(json.dumps({"error": str(error)}))


main(*sys.argv[1:])
