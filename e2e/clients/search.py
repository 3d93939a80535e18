"""Makes the calls that arrive on standard input with the vendor's Python client, one after the other.

Usage: search.py sync|async < {"account": {"appId", "apiKey", "hosts", "readTimeout"}, "calls": [[METHOD, ARGUMENTS]]}
Prints one line of JSON: of each call {"answer"}, or {"error"} with the name of what was raised.
"""

import asyncio
import json
import sys
from urllib.parse import urlsplit

from algoliasearch.http.hosts import CallType, Host, HostsCollection
from algoliasearch.search.client import SearchClient, SearchClientSync
from algoliasearch.search.config import SearchConfig


def host(url, accept):
    parts = urlsplit(url)
    return Host(parts.hostname, scheme=parts.scheme, port=parts.port, accept=accept)


def configuration(account):
    config = SearchConfig(account["appId"], account["apiKey"])
    bridge, *behind = account["hosts"]
    everything = CallType.READ | CallType.WRITE
    config.hosts = HostsCollection([host(bridge, CallType.READ), *(host(url, everything) for url in behind)])
    config.read_timeout = account.get("readTimeout", config.read_timeout)
    return config


def arguments(given):
    """Headers go beside a call's own arguments."""
    headers = given.pop("headers", None)
    return {**given, "request_options": {"headers": headers}} if headers else given


def answered(answer):
    """A record is a dictionary, all else has a type of its own."""
    return {"answer": answer if isinstance(answer, dict) else json.loads(answer.to_json())}


def raised(error):
    return {"error": f"{type(error).__name__}: {error}"}


def ask(config, calls):
    with SearchClientSync.create_with_config(config) as client:
        for method, given in calls:
            try:
                yield answered(getattr(client, method)(**arguments(given)))
            except Exception as error:
                yield raised(error)


async def ask_async(config, calls):
    answers = []
    async with SearchClient.create_with_config(config) as client:
        for method, given in calls:
            try:
                answers.append(answered(await getattr(client, method)(**arguments(given))))
            except Exception as error:
                answers.append(raised(error))
    return answers


def main(mode):
    asked = json.load(sys.stdin)
    config, calls = configuration(asked["account"]), asked["calls"]
    answers = asyncio.run(ask_async(config, calls)) if mode == "async" else list(ask(config, calls))
    print(json.dumps(answers))


main(*sys.argv[1:])
