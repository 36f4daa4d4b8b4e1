//! The stages of the tour, in the order of the slides.
//!
//! In expected output, `…` stands for what differs between machines or runs. What goes to standard error is
//! marked `stderr: `.

/// One program of the course, with the servers it needs.
pub(super) struct Stage {
    /// The slide's title.
    pub(super) title: &'static str,
    /// A command that succeeds where a program is installed without which the stage is skipped.
    pub(super) needs: Option<&'static [&'static str]>,
    /// Commands of servers, whose first line ends with the address they listen on.
    pub(super) servers: &'static [&'static [&'static str]],
    /// The command to run; `{0}` is the first server's address, `{0.port}` its port.
    pub(super) program: &'static [&'static str],
    /// What is typed into the program.
    pub(super) input: &'static str,
    /// What the program prints.
    pub(super) expected: &'static str,
}

/// The address that lets the system choose a port.
const FREE: &str = "127.0.0.1:0";

/// Whether Python is here, with the modules that the slides use.
const PYTHON: Option<&[&str]> = Some(&["python3", "-c", "import xmlrpc.client, xmlrpc.server"]);

/// All stages.
pub(super) const STAGES: &[Stage] = &[
    Stage {
        title: "IPv4 Names",
        needs: None,
        servers: &[],
        program: &["names"],
        input: "",
        expected: "\
gethostname() → …
getfqdn() → …
gethostbyname(getfqdn()) → …
gethostbyname('localhost') → 127.0.0.1
gethostbyaddr('127.0.0.1') → ('…', [], ['127.0.0.1'])
",
    },
    Stage {
        title: "IPv4-IPv6 Names",
        needs: None,
        servers: &[],
        program: &["names", "--all", "127.0.0.1"],
        input: "",
        expected: "\
getaddrinfo('127.0.0.1', '80')
(<AddressFamily.AF_INET: 2>, <SocketKind.SOCK_STREAM: 1>, 6, '', ('127.0.0.1', 80))
(<AddressFamily.AF_INET: 2>, <SocketKind.SOCK_DGRAM: 2>, 17, '', ('127.0.0.1', 80))
(<AddressFamily.AF_INET: 2>, <SocketKind.SOCK_RAW: 3>, 0, '', ('127.0.0.1', 80))
",
    },
    Stage {
        title: "IPv4-IPv6 Names: connect",
        needs: None,
        servers: &[&["tcp-server", "--kind", "threads", "--listen", FREE]],
        program: &["connect", "127.0.0.1", "{0.port}"],
        input: "",
        expected: "\
0: (<AddressFamily.AF_INET: 2>, <SocketKind.SOCK_STREAM: 1>, 6, '', ('127.0.0.1', …))
connected to ('127.0.0.1', …)
",
    },
    Stage {
        title: "Strings vs. Bytes",
        needs: None,
        servers: &[],
        program: &["text", "aéçèà"],
        input: "",
        expected: r"text                    aéçèà
characters              5
bytes in UTF-8          9
bytes in UTF-16         10
encoded as UTF-8        b'a\xc3\xa9\xc3\xa7\xc3\xa8\xc3\xa0'
decoded as UTF-8        'aéçèà'
decoded as ISO-8859-1   'aÃ©Ã§Ã¨Ã\xa0'
encoded as ISO-8859-1   b'a\xe9\xe7\xe8\xe0'
that decoded as UTF-8   impossible: byte 0xe9 at index 1 does not fit
the same, with repairs  'a����'
",
    },
    Stage {
        title: "UDP Python Client and Server",
        needs: None,
        servers: &[&["udp-server", "--listen", FREE]],
        program: &["udp-client", "--server", "{0}", "où est le café?"],
        input: "",
        expected: "\
OÙ EST LE CAFÉ?
stderr: 17 bytes sent, 17 bytes received
",
    },
    Stage {
        title: "Byte Order over the Network",
        needs: None,
        servers: &[],
        program: &["byte-order", "1234"],
        input: "",
        expected: r"0x4d2
b'\xd2\x04\x00\x00'
b'\x00\x00\x04\xd2'
b'\x00\x00\x04\xd2'
(1234,)
(1234,)
",
    },
    Stage {
        title: "Network Exceptions",
        needs: None,
        servers: &[],
        program: &["errors"],
        input: "",
        expected: "\
failure          Rust                   Python                   means
name             …gaierror                 this host does not seem to exist
refusal          ConnectionRefused      ConnectionRefusedError   the host is there, the program is not
timeout          …   TimeoutError             nothing came in time; try again or give up
unreachable      NetworkUnreachable     OSError (ENETUNREACH)    no route leads there
reset            ConnectionReset        ConnectionResetError     the peer dropped the connection
broken pipe      BrokenPipe             BrokenPipeError          the connection was over before the write
early end        UnexpectedEof          b'' from recv            the peer finished before the message did
address in use   AddrInUse              OSError (EADDRINUSE)     another program has this port
",
    },
    Stage {
        title: "UDP Packet Drops",
        needs: None,
        servers: &[&["udp-server", "--listen", FREE, "--drop", "0.5", "--seed", "7"]],
        program: &["udp-client", "--server", "{0}", "--retry", "hello"],
        input: "",
        expected: "\
HELLO
stderr: no answer within 100ms
stderr: no answer within 200ms
stderr: 5 bytes sent, 5 bytes received
",
    },
    Stage {
        title: "UDP Packet Drops: giving up",
        needs: None,
        servers: &[&["udp-server", "--listen", FREE, "--drop", "1"]],
        program: &["udp-client", "--server", "{0}", "--retry", "hello"],
        input: "",
        expected: "\
stderr: no answer within 100ms
stderr: no answer within 200ms
stderr: no answer within 400ms
stderr: no answer within 800ms
stderr: no answer within 1.6s
stderr: demos: server seems down
exit status 1
",
    },
    // Other systems have no broadcast address on the loopback interface.
    #[cfg(target_os = "linux")]
    Stage {
        title: "UDP Broadcast Client and Server",
        needs: None,
        servers: &[&["udp-server", "--listen", "127.255.255.255:0"]],
        program: &["udp-broadcast-client", "--to", "{0}", "hello"],
        input: "",
        expected: "127.0.0.1:…: HELLO\n",
    },
    Stage {
        title: "TCP send, TCP send Loop, TCP sendall",
        needs: None,
        servers: &[],
        program: &["tcp-send"],
        input: "",
        expected: "\
nobody reads: … bytes in … whole and … partial sends, 1 times no room
the loop:     … bytes in … whole and … partial sends, … times no room
received:     4194304 bytes, all as sent
write_all:    1 call, 4194304 bytes, all as sent
",
    },
    Stage {
        title: "TCP recv, TCP recvall, Framing and Quoting",
        needs: None,
        servers: &[],
        program: &["framing"],
        input: "",
        expected: r"fixed size      b'12345678' b'abcdefgh'
announced size  b'hello' b'' b'two\nlines'
delimiter       b'hello' b'' b'world'
tokio-util      the same
early end       socket closed with 95 bytes left in this block
huge length     a block of 4294967295 bytes is beyond the limit of 1048576
",
    },
    Stage {
        title: "JSON",
        needs: None,
        servers: &[],
        program: &["json"],
        input: "",
        expected: r#"["a\u00e9\u00e7\u00e8\u00e0", 1234, [2, 3, 4, 5, 6]]
['aéçèà', 1234, [2, 3, 4, 5, 6]]
this data does not seem serializable with JSON
"#,
    },
    Stage {
        title: "Python Data Compression",
        needs: None,
        servers: &[],
        program: &["compress"],
        input: "",
        expected: r"88
b'x\x9c\x15\xc9\xd1\t\xc0 \x0c\x05\xc0U\xde*\x1d%\xd5\xa0\x015%\x89J\xb7\xaf\xfd;\xb8\x0b\x8b\xedE\xd3Q\x10\xec\x01\x0f\x93\xdf\n^\xd4&\x05#i\x7f\x8c\xddE\x07hdT\xdd\xe83UH@N\xe9b\xc7}fK\x8e\x8a\xe9T\xf8\x03\xad\\!\x05'
78
b'A very long test string to evaluate compression and how much it improves bandwidth usage'
",
    },
    tcp_server(
        "Sequential TCP Server",
        &[&["tcp-server", "--kind", "sequential", "--listen", FREE]],
    ),
    tcp_server(
        "Multi-thread TCP Server",
        &[&["tcp-server", "--kind", "threads", "--listen", FREE]],
    ),
    tcp_server(
        "Thread Pool TCP Server",
        &[&["tcp-server", "--kind", "pool", "--listen", FREE]],
    ),
    tcp_server(
        "Multiplexing TCP Server",
        &[&["tcp-server", "--kind", "poll", "--listen", FREE]],
    ),
    tcp_server(
        "Beyond the slides: tokio",
        &[&["tcp-server", "--kind", "tokio", "--listen", FREE]],
    ),
    Stage {
        title: "Python XML-RPC Server and Client",
        needs: None,
        servers: &[&["rpc-server", "--listen", FREE]],
        program: &["rpc-client", "http://{0}/RPC2"],
        input: "",
        expected: "\
proxy.addtogether('x','y','z') → xyz
proxy.addtogether(1,2,3,4,5) → 15
proxy.quadratic(2,-4,0) → [0.0, 8.0]
proxy.quadratic(1,2,1) → [-1.0]
",
    },
    Stage {
        title: "Python XML-RPC Server and Client: both in one process",
        needs: None,
        servers: &[],
        program: &["rpc", "--quiet"],
        input: "",
        expected: "\
Server ready on 127.0.0.1:…
proxy.addtogether('x','y','z') → xyz
proxy.addtogether(1,2,3,4,5) → 15
proxy.quadratic(2,-4,0) → [0.0, 8.0]
proxy.quadratic(1,2,1) → [-1.0]
",
    },
    Stage {
        title: "Python XML-RPC Server and Client: both made of one trait",
        needs: None,
        servers: &[],
        program: &["rpc-typed"],
        input: "",
        expected: r#"Server ready on 127.0.0.1:…
slides.addtogether(["x", "y", "z"]) → xyz
slides.addtogether([1, 2, 3, 4, 5]) → 15
slides.quadratic(2.0, -4.0, 0.0) → [0.0, 8.0]
slides.quadratic(1.0, 2.0, 1.0) → [-1.0]
slides.roots(2.0, -4.0, 0.0) → [0.0, 2.0]
quadratic(1, "two", 3) → fault -32602: parameter b: expected f64, found string "two" in params[1] at line 2, column 104 (byte 142)
quadratic: array(double, double, double). The slide's formula, which divides by 2.0 and multiplies by a: right where a is 1 or -1. See roots.
"#,
    },
    Stage {
        title: "Wireshark",
        needs: PYTHON,
        servers: &[],
        program: &["wire", "--call", "1,2"],
        input: "",
        expected: r#"(where a line ends with \, the line on the wire goes on)

proxy.addtogether('x','y','z')
Rust → xyz                             | Python → xyz
                                       |
POST /RPC2 HTTP/1.1                    | POST /RPC2 HTTP/1.1
host: 127.0.0.1:… | Host: 127.0.0.1:…
user-agent: xmlrpc-client/… | Accept-Encoding: gzip
accept: */*                            | Content-Type: text/xml
accept-encoding: gzip, deflate         | User-Agent: Python-xmlrpc/…
content-type: text/xml; charset=utf-8  | Content-Length: 258
content-length: 261                    |
                                       |
<?xml version="1.0" encoding="UTF-8"?> | <?xml version='1.0'?>
<methodCall>\                          | <methodCall>
<methodName>addtogether</methodName>\  | <methodName>addtogether</methodName>
<params>\                              | <params>
<param>\                               | <param>
<value><string>x</string></value>\     | <value><string>x</string></value>
</param>\                              | </param>
<param>\                               | <param>
<value><string>y</string></value>\     | <value><string>y</string></value>
</param>\                              | </param>
<param>\                               | <param>
<value><string>z</string></value>\     | <value><string>z</string></value>
</param>\                              | </param>
</params>\                             | </params>
</methodCall>\                         | </methodCall>
                                       |
HTTP/1.1 200 OK                        | HTTP/1.0 200 OK
content-type: text/xml; charset=utf-8  | Server: BaseHTTP/…
content-length: 139                    | Date: … GMT
date: … | Content-type: text/xml
                                       | Content-length: 129
                                       |
<?xml version="1.0" encoding="UTF-8"?> | <?xml version='1.0'?>
<methodResponse>\                      | <methodResponse>
<params>\                              | <params>
<param>\                               | <param>
<value><string>xyz</string></value>\   | <value><string>xyz</string></value>
</param>\                              | </param>
</params>\                             | </params>
</methodResponse>\                     | </methodResponse>

proxy.addtogether(1,2,3,4,5)
Rust → 15                              | Python → 15
                                       |
POST /RPC2 HTTP/1.1                    | POST /RPC2 HTTP/1.1
host: 127.0.0.1:… | Host: 127.0.0.1:…
user-agent: xmlrpc-client/… | Accept-Encoding: gzip
accept: */*                            | Content-Type: text/xml
accept-encoding: gzip, deflate         | User-Agent: Python-xmlrpc/…
content-type: text/xml; charset=utf-8  | Content-Length: 330
content-length: 327                    |
                                       |
<?xml version="1.0" encoding="UTF-8"?> | <?xml version='1.0'?>
<methodCall>\                          | <methodCall>
<methodName>addtogether</methodName>\  | <methodName>addtogether</methodName>
<params>\                              | <params>
<param>\                               | <param>
<value><int>1</int></value>\           | <value><int>1</int></value>
</param>\                              | </param>
<param>\                               | <param>
<value><int>2</int></value>\           | <value><int>2</int></value>
</param>\                              | </param>
<param>\                               | <param>
<value><int>3</int></value>\           | <value><int>3</int></value>
</param>\                              | </param>
<param>\                               | <param>
<value><int>4</int></value>\           | <value><int>4</int></value>
</param>\                              | </param>
<param>\                               | <param>
<value><int>5</int></value>\           | <value><int>5</int></value>
</param>\                              | </param>
</params>\                             | </params>
</methodCall>\                         | </methodCall>
                                       |
HTTP/1.1 200 OK                        | HTTP/1.0 200 OK
content-type: text/xml; charset=utf-8  | Server: BaseHTTP/…
content-length: 132                    | Date: … GMT
date: … | Content-type: text/xml
                                       | Content-length: 122
                                       |
<?xml version="1.0" encoding="UTF-8"?> | <?xml version='1.0'?>
<methodResponse>\                      | <methodResponse>
<params>\                              | <params>
<param>\                               | <param>
<value><int>15</int></value>\          | <value><int>15</int></value>
</param>\                              | </param>
</params>\                             | </params>
</methodResponse>\                     | </methodResponse>

"#,
    },
    Stage {
        title: "Wireshark: without Python",
        needs: None,
        servers: &[],
        program: &["wire", "--alone", "--call", "3,4"],
        input: "",
        expected: r#"(where a line ends with \, the line on the wire goes on)

proxy.quadratic(2,-4,0)
Rust → [0.0, 8.0]

POST /RPC2 HTTP/1.1
host: 127.0.0.1:…
user-agent: xmlrpc-client/…
accept: */*
accept-encoding: gzip, deflate
content-type: text/xml; charset=utf-8
content-length: 242

<?xml version="1.0" encoding="UTF-8"?>
<methodCall>\
<methodName>quadratic</methodName>\
<params>\
<param>\
<value><int>2</int></value>\
</param>\
<param>\
<value><int>-4</int></value>\
</param>\
<param>\
<value><int>0</int></value>\
</param>\
</params>\
</methodCall>\

HTTP/1.1 200 OK
content-type: text/xml; charset=utf-8
content-length: 217
date: … GMT

<?xml version="1.0" encoding="UTF-8"?>
<methodResponse>\
<params>\
<param>\
<value><array><data>\
<value><double>0.0</double></value>\
<value><double>8.0</double></value>\
</data></array></value>\
</param>\
</params>\
</methodResponse>\

proxy.quadratic(1,2,1)
Rust → [-1.0]

POST /RPC2 HTTP/1.1
host: 127.0.0.1:…
user-agent: xmlrpc-client/…
accept: */*
accept-encoding: gzip, deflate
content-type: text/xml; charset=utf-8
content-length: 241

<?xml version="1.0" encoding="UTF-8"?>
<methodCall>\
<methodName>quadratic</methodName>\
<params>\
<param>\
<value><int>1</int></value>\
</param>\
<param>\
<value><int>2</int></value>\
</param>\
<param>\
<value><int>1</int></value>\
</param>\
</params>\
</methodCall>\

HTTP/1.1 200 OK
content-type: text/xml; charset=utf-8
content-length: 183
date: … GMT

<?xml version="1.0" encoding="UTF-8"?>
<methodResponse>\
<params>\
<param>\
<value><array><data>\
<value><double>-1.0</double></value>\
</data></array></value>\
</param>\
</params>\
</methodResponse>\

"#,
    },
];

/// One architecture, with the same client and the same text for all.
const fn tcp_server(title: &'static str, servers: &'static [&'static [&'static str]]) -> Stage {
    Stage {
        title,
        needs: None,
        servers,
        program: &["tcp-client", "--server", "{0}"],
        input: "hello\nstraße, дом, 漢字, 😀\n",
        expected: "HELLO\nSTRASSE, ДОМ, 漢字, 😀\n",
    }
}
