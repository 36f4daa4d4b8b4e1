//! Python's `xmlrpc.client` calls our server.

use xmlrpc_tests::{TestServer, python};

use crate::service;

/// Runs a script with `p`, `n` (`allow_none`) and `b` (`use_builtin_types`) as proxies for the test service.
fn call(script: &str) {
    let server = TestServer::start(service::methods());
    let script = format!(
        "import sys\nfrom xmlrpc.client import *\nfrom datetime import datetime\nurl = sys.argv[1]\np = ServerProxy(url)\n\
         n = ServerProxy(url, allow_none=True)\nb = ServerProxy(url, use_builtin_types=True, allow_none=True)\n{script}\nprint('done')"
    );
    if let Some(printed) = python(&script, [server.url()]) {
        assert_eq!(printed.lines().last(), Some("done"), "{printed}");
    }
}

#[test]
fn all_types_come_back() {
    call(
        r#"
for value in [0, -1, 2**31 - 1, -2**31, True, False, '', 'x', 0.0, -2.5, 1e300, 5e-324, [], [1, ['x', []]], {}, {'a': {'b': [1.5]}, '': 'odd'}]:
    got = p.echo(value)
    assert got == value and type(got) is type(value), (value, got)
assert p.echo((1, 2)) == [1, 2]
assert p.echo(Binary(b'\0\xff' * 100)) == Binary(b'\0\xff' * 100)
assert p.echo(DateTime('19980717T14:08:55')) == DateTime('19980717T14:08:55')
"#,
    );
}

#[test]
fn builtin_types_come_back() {
    call(
        r#"
assert b.echo(b'\0\xff') == b'\0\xff'
assert b.echo(datetime(1998, 7, 17, 14, 8, 55)) == datetime(1998, 7, 17, 14, 8, 55)
assert b.echo({'when': datetime(2024, 2, 29), 'what': [b'', None]}) == {'when': datetime(2024, 2, 29), 'what': [b'', None]}
"#,
    );
}

#[test]
fn none_comes_back_where_it_is_allowed() {
    call(
        "
assert n.echo(None) is None and n.echo([None, {'a': None}]) == [None, {'a': None}]
assert n.nothing() is None
assert p.nothing() is None
",
    );
}

#[test]
fn text_of_all_planes_comes_back() {
    call(
        r#"
for text in ['Grüße, 世界, Привет \U0001F600 \u202e', '<&>"\'', ']]>', '\n\t a ', '\u0085\u2028', '\ufeff', '&amp;#65;']:
    assert p.echo(text) == text, (text, p.echo(text))
    assert p.echo({text: text}) == {text: text}
latin = ServerProxy(url, encoding='iso-8859-1')
assert latin.echo('Grüße') == 'Grüße'
"#,
    );
}

#[test]
fn carriage_returns_arrive_in_python() {
    // Python itself writes them raw, which XML reads as line feeds; ours come through.
    call(r"assert p.line_ends() == 'a\r\nb\rc'");
}

#[test]
fn records_with_every_member_come_back() {
    call(
        "
record = {'id': 7, 'name': 'Ada & <co>', 'score': 1.5, 'active': True, 'born': datetime(1815, 12, 10), 'photo': b'png',
          'tags': ['x', ''], 'parent': None}
assert b.echo_record(record) == record
del record['parent']
assert b.echo_record(record) == {**record, 'parent': None}
assert b.echo_record({**record, 'more': 1}) == {**record, 'parent': None}
",
    );
}

#[test]
fn multicall_gives_results_and_faults() {
    call(
        "
m = MultiCall(p)
m.add(1, 2)
m.greet('Ada')
m.divide(1, 0)
m.system.multicall([])
m.no.such()
m.add(3, 4)
results = m()
assert results[0] == 3 and results[1] == 'Hello, Ada!' and results[5] == 7
for index, code in [(2, 8), (3, None), (4, -32601)]:
    try:
        results[index]
        raise SystemExit('no fault')
    except Fault as f:
        assert code is None or f.faultCode == code, f
assert list(MultiCall(p)()) == []
",
    );
}

#[test]
fn introspection_answers() {
    call(
        "
names = p.system.listMethods()
assert names == sorted(names) and {'add', 'echo', 'system.listMethods', 'system.methodSignature', 'system.methodHelp',
                                   'system.getCapabilities', 'system.multicall'} <= set(names), names
assert p.system.methodSignature('add') == [['int', 'int', 'int']]
assert p.system.methodSignature('divide') == [['double', 'double', 'double']]
assert p.system.methodSignature('greet') == [['string', 'string']]
assert p.system.methodSignature('echo_record') == [['struct', 'struct']]
assert p.system.methodSignature('count') == 'undef'
assert p.system.methodSignature('system.listMethods') == [['array']]
assert p.system.methodHelp('add') == 'Adds <two> numbers & returns the sum.' and p.system.methodHelp('echo') == ''
assert p.system.getCapabilities()['faults_interop']['specVersion'] == 20010516
for call in [p.system.methodSignature, p.system.methodHelp]:
    try:
        raise SystemExit(call('no.such'))
    except Fault as f:
        assert 'no.such' in f.faultString, f
",
    );
}

#[test]
fn faults_have_code_and_text() {
    call(
        "
for call, code, text in [(lambda: p.divide(1, 0), 8, 'division by zero — ÷'), (lambda: p.add(2**31 - 1, 1), 7, 'too large'),
                         (lambda: p.nope(), -32601, 'nope'), (lambda: p.add(), -32602, '2'), (lambda: p.add(1, 2, 3), -32602, '3'),
                         (lambda: p.add('x', 1), -32602, 'params[0]'), (lambda: p.panic('secret'), -32603, '')]:
    try:
        raise SystemExit(call())
    except Fault as f:
        assert f.faultCode == code and text in f.faultString and 'secret' not in f.faultString, f
assert p.add(1, 2) == 3
",
    );
}

#[test]
fn a_large_array_comes_back() {
    call(
        "
big = [{'n': i, 's': 'x' * 20, 'd': i / 3} for i in range(20000)]
assert p.echo(big) == big
",
    );
}

#[test]
fn long_calls_and_replies_travel_in_gzip() {
    call(
        r#"
class Watched(Transport):
    encode_threshold = 1000
    def parse_response(self, response):
        self.encoding = response.getheader('Content-Encoding')
        return super().parse_response(response)

watched = Watched()
q = ServerProxy(url, transport=watched)
text = 'größer ' * 10000
assert q.echo(text) == text and watched.encoding == 'gzip'
assert q.echo('short') == 'short' and watched.encoding is None
"#,
    );
}
