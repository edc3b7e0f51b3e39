"""Load for `accept`: signed webhooks over keep-alive connections, the next when one is answered.

    accept_load.py PORT SECONDS FIRST_NUMBER

Prints {"rate": answers a second, "p99": milliseconds, "refused": answers other than 200}.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Iterator

from job import promise, sign

CONNECTIONS = 32


class Load(asyncio.Protocol):
    """One connection that always has one request under way."""

    numbers: Iterator[int]
    latencies: list[float]
    refused = 0
    _sent_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first request."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._received = b""
        self._send()

    def _send(self) -> None:
        body = json.dumps(promise(next(self.numbers))).encode()
        head = (
            "POST /webhooks/crm HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
            f"x-signature: {sign(body)}\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        self._sent_at = time.perf_counter()
        self._transport.write(head.encode() + body)

    def data_received(self, data: bytes) -> None:
        """Note the answer's time once it is whole, and send the next request."""
        self._received += data
        if not self._received.endswith(b"{}"):
            return
        self.latencies.append(time.perf_counter() - self._sent_at)
        type(self).refused += not self._received.startswith(b"HTTP/1.1 200")
        self._received = b""
        self._send()


async def main(port: int, seconds: float, first: int) -> dict[str, float]:
    """Run the load; the first half second warms both sides up and does not count."""
    loop = asyncio.get_running_loop()
    Load.numbers = iter(range(first, first + 10_000_000))
    Load.latencies = []
    opened = [loop.create_connection(Load, "127.0.0.1", port) for _ in range(CONNECTIONS)]
    transports = [transport for transport, _ in await asyncio.gather(*opened)]
    await asyncio.sleep(0.5)
    Load.latencies.clear()
    started = time.perf_counter()
    await asyncio.sleep(seconds)
    took, latencies = time.perf_counter() - started, sorted(Load.latencies)
    for transport in transports:
        transport.abort()
    return {
        "rate": len(latencies) / took,
        "p99": latencies[int(len(latencies) * 0.99)] * 1000,
        "refused": Load.refused,
    }


if __name__ == "__main__":
    port, seconds, first = sys.argv[1:]
    print(json.dumps(asyncio.run(main(int(port), float(seconds), int(first)))))
