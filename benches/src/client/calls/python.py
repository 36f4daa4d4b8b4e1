"""Python's XML-RPC client, which makes tiny calls as it is ordered to."""

import sys
import threading
import time
from xmlrpc.client import MultiCall, ServerProxy

URL = "http://127.0.0.1:%s/RPC2" % sys.argv[1]
# A proxy has one connection, so that each thread has one of its own.
proxies = []


def one_by_one(proxy, calls):
    for _ in range(calls):
        assert proxy.files.rename(17, "second draft", True)


def single(calls, at_a_time):
    while len(proxies) < at_a_time:
        proxies.append(ServerProxy(URL))
    if at_a_time == 1:
        return one_by_one(proxies[0], calls)
    threads = [
        threading.Thread(target=one_by_one, args=(proxy, calls // at_a_time)) for proxy in proxies[:at_a_time]
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def batch(calls, times):
    proxy = ServerProxy(URL)
    for _ in range(times):
        batch = MultiCall(proxy)
        for _ in range(calls):
            batch.files.rename(17, "second draft", True)
        assert all(batch())


for line in sys.stdin:
    kind, first, second = line.split()
    wall, processor = time.perf_counter_ns(), time.process_time_ns()
    {"single": single, "batch": batch}[kind](int(first), int(second))
    print(time.process_time_ns() - processor, time.perf_counter_ns() - wall, flush=True)
