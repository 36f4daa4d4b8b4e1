"""Tells of methods in names, types and help that would like to be code."""
from xmlrpc.server import SimpleXMLRPCServer

METHODS = {
    "type": ("string", "int", "*/ fn evil() { std::process::exit(1) } /*"),
    "x\";fn/**/evil(){}//\\": ("int", "</value> fn evil() {}", "Line one.\r\nfn evil() {}\n\n\n```\nstd::process::exit(1)\n```\n"),
    "new": ("nil", "    std::process::exit(1);\n\tstd::process::exit(1);"),
    "Self": ("Value", "Value; fn evil() {}", "[link](javascript:evil) <script>evil()</script> \u202e \u0085"),
    "日本.語": ("struct", "array", "日本語 — \\u0041 \"quotes\" 'single' {braces} #[hash]"),
    "2.a": ("dateTime.iso8601", "base64", "# head\n- item\n1. item\n" + "long " * 3000 + "\nx" * 3000),
    "a.b": ("i8", "i8", ""),
    "a_b": ("i8", "i8", ""),
    "aB": ("i8", "i8", ""),
    "not a name": ("int", "", ""),
    "n" * 300: ("boolean",) + ("double",) * 9 + ("",),
}

server = SimpleXMLRPCServer(("127.0.0.1", 0), logRequests=False)
server.register_function(lambda: list(METHODS), "system.listMethods")
server.register_function(lambda name: [[part for part in METHODS[name][:-1] if part]], "system.methodSignature")
server.register_function(lambda name: METHODS[name][-1], "system.methodHelp")
for name in METHODS:
    server.register_function(lambda *params, name=name: len(params) if name[0] != "t" else name, name)
print("127.0.0.1:%d" % server.server_address[1], flush=True)
server.serve_forever()
