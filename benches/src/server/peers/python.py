"""Python's XML-RPC server, and for `multicall` its client beside it, in one process."""

import os
import sys
import threading
import time
from xmlrpc.client import MultiCall, ServerProxy
from xmlrpc.server import SimpleXMLRPCServer


def rename(id, name, overwrite):
    return overwrite and id > 0 and len(name) > 0


server = SimpleXMLRPCServer(("127.0.0.1", 0), logRequests=False)
# The load leaves in the middle of a reply, which would fill the screen.
server.handle_error = lambda request, client_address: None
server.register_function(rename, "files.rename")
server.register_function(lambda records: records, "records.echo")
server.register_multicall_functions()


def multicall(calls, times):
    threading.Thread(target=server.serve_forever, daemon=True).start()
    proxy = ServerProxy("http://127.0.0.1:%d/RPC2" % server.server_address[1])

    def once():
        batch = MultiCall(proxy)
        for _ in range(calls):
            batch.files.rename(17, "second draft", True)
        assert all(batch())

    once()
    wall, processor = time.perf_counter_ns(), time.process_time_ns()
    for _ in range(times):
        once()
    print(time.process_time_ns() - processor, time.perf_counter_ns() - wall)


def wait_for_the_end():
    sys.stdin.buffer.read()
    os._exit(0)


if sys.argv[1:] == ["serve"]:
    threading.Thread(target=wait_for_the_end, daemon=True).start()
    print(server.server_address[1], flush=True)
    server.serve_forever()
else:
    multicall(int(sys.argv[2]), int(sys.argv[3]))
