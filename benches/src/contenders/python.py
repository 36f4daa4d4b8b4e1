"""Reads and writes one document with xmlrpc.client, as often as asked, and says how long that took.

The first line of the input is the task ("read" or "write"), the document's kind ("call" or "response") and its length; the document
follows. Each further line is a command: "check" is answered with the length of the document as it is written from what was read, and
that document; a number with the seconds that so many iterations took.
"""

import sys
from time import perf_counter
from xmlrpc.client import dumps, loads

commands, answers = sys.stdin.buffer, sys.stdout.buffer
task, kind, length = commands.readline().split()
document = commands.read(int(length))
params, method = loads(document)


def write():
    text = dumps(params, method) if kind == b"call" else dumps(params, methodresponse=True)
    return text.encode("utf-8", "xmlcharrefreplace")


def read():
    return loads(document)


work = read if task == b"read" else write
for command in commands:
    if command.strip() == b"check":
        written = write()
        answers.write(b"%d\n%b" % (len(written), written))
    else:
        start = perf_counter()
        for _ in range(int(command)):
            work()
        answers.write(b"%r\n" % (perf_counter() - start))
    answers.flush()
