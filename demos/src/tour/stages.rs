//! The stages of the tour, in the order of the slides.
//!
//! In expected output, `…` stands for what differs between machines or runs. What goes to standard error is
//! marked `stderr: `.

/// One program of the course, with the servers it needs.
pub(super) struct Stage {
    /// The slide's title.
    pub(super) title: &'static str,
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

/// All stages.
pub(super) const STAGES: &[Stage] = &[
    Stage {
        title: "IPv4 Names",
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
        servers: &[&["udp-server", "--listen", "127.255.255.255:0"]],
        program: &["udp-broadcast-client", "--to", "{0}", "hello"],
        input: "",
        expected: "127.0.0.1:…: HELLO\n",
    },
    Stage {
        title: "TCP send, TCP send Loop, TCP sendall",
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
];

/// One architecture, with the same client and the same text for all.
const fn tcp_server(title: &'static str, servers: &'static [&'static [&'static str]]) -> Stage {
    Stage {
        title,
        servers,
        program: &["tcp-client", "--server", "{0}"],
        input: "hello\nstraße, дом, 漢字, 😀\n",
        expected: "HELLO\nSTRASSE, ДОМ, 漢字, 😀\n",
    }
}
