import datetime
from xmlrpc.client import Binary, Fault
from xmlrpc.server import SimpleXMLRPCServer


def echo(value):
    "The value itself."
    return value


def add(a, b):
    """Adds two numbers.
    Small ones."""
    return a + b


def fail(code, text):
    raise Fault(code, text)


server = SimpleXMLRPCServer(("127.0.0.1", 0), logRequests=False, allow_none=True)
server.register_introspection_functions()
server.register_multicall_functions()
server.register_function(echo)
server.register_function(add)
server.register_function(fail)
server.register_function(lambda: datetime.datetime(1998, 7, 17, 14, 8, 55), "moment")
server.register_function(lambda: Binary(b"ABC"), "bytes")
print("127.0.0.1:%d" % server.server_address[1], flush=True)
server.serve_forever()
