"""The slide's functions behind Python's own XML-RPC server, on any free port."""
from functools import reduce
from math import sqrt
from operator import add
from xmlrpc.server import SimpleXMLRPCServer


def addtogether(*things):
    return reduce(add, things)


def quadratic(a, b, c):
    b24ac = sqrt(b * b - 4.0 * a * c)
    return list(set([(-b - b24ac) / 2.0 * a, (-b + b24ac) / 2.0 * a]))


server = SimpleXMLRPCServer(("127.0.0.1", 0), logRequests=False)
server.register_introspection_functions()
server.register_multicall_functions()
server.register_function(addtogether)
server.register_function(quadratic)
print("Server ready on 127.0.0.1:%d" % server.server_address[1], flush=True)
server.serve_forever()
