//! What a long result takes of a client's memory, in a process of its own.

use std::io::{BufRead as _, BufReader, Read as _, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::thread::{self, JoinHandle};

use flate2::Compression;
use flate2::write::GzEncoder;

/// Bytes of the answer. Whoever reads it is slow where it is not optimised.
const DOCUMENT: usize = if cfg!(debug_assertions) {
    16_000_000
} else {
    100_000_000
};

/// How the answer comes.
#[derive(Clone, Copy, Debug)]
enum Form {
    WithLength,
    Chunked,
    /// To the end of the connection.
    Endless,
    Gzip,
}

/// A document of about so many bytes, with so many records.
fn document() -> (String, usize) {
    let mut xml =
        String::from("<?xml version=\"1.0\"?><methodResponse><params><param><value><array><data>\n");
    let mut count = 0;
    while xml.len() < DOCUMENT {
        count += 1;
        xml += &format!(
            "<value><struct><member><name>id</name><value><int>{count}</int></value></member>\
             <member><name>name</name><value><string>record {count} of many</string></value></member>\
             <member><name>note</name><value><string>&lt;{count}&gt; is written with references</string></value></member>\
             <member><name>size</name><value><i8>{count}000000000</i8></value></member>\
             <member><name>ratio</name><value><double>0.5</double></value></member>\
             <member><name>done</name><value><boolean>1</boolean></value></member>\
             <member><name>at</name><value><dateTime.iso8601>19980717T14:08:55</dateTime.iso8601></value></member>\
             <member><name>tags</name><value><array><data><value>red</value><value>green</value></data></array></value></member>\
             </struct></value>\n"
        );
    }
    xml += "</data></array></value></param></params></methodResponse>";
    (xml, count)
}

/// Answers one request.
fn serve(form: Form, document: String) -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/RPC2", listener.local_addr().unwrap());
    let serving = thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut request = BufReader::new(stream);
        let mut length = 0;
        loop {
            let mut line = String::new();
            assert!(request.read_line(&mut line).unwrap() > 0);
            if let Some(text) = line.to_lowercase().strip_prefix("content-length:") {
                length = text.trim().parse().unwrap();
            }
            if line == "\r\n" {
                break;
            }
        }
        request.read_exact(&mut vec![0; length]).unwrap();
        answer(form, request.into_inner(), document.as_bytes());
    });
    (url, serving)
}

fn answer(form: Form, mut stream: TcpStream, document: &[u8]) {
    stream
        .write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n")
        .unwrap();
    match form {
        Form::WithLength => {
            write!(stream, "Content-Length: {}\r\n\r\n", document.len()).unwrap();
            stream.write_all(document).unwrap();
        }
        Form::Chunked => {
            stream.write_all(b"Transfer-Encoding: chunked\r\n\r\n").unwrap();
            for chunk in document.chunks(50_000) {
                write!(stream, "{:x}\r\n", chunk.len()).unwrap();
                stream.write_all(chunk).unwrap();
                stream.write_all(b"\r\n").unwrap();
            }
            stream.write_all(b"0\r\n\r\n").unwrap();
        }
        Form::Endless => {
            stream.write_all(b"Connection: close\r\n\r\n").unwrap();
            stream.write_all(document).unwrap();
        }
        Form::Gzip => {
            let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
            gzip.write_all(document).unwrap();
            let body = gzip.finish().unwrap();
            write!(
                stream,
                "Content-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
                body.len()
            )
            .unwrap();
            stream.write_all(&body).unwrap();
        }
    }
}

/// Peak and result on the heap of a client that takes the records.
fn taken(form: Form, arguments: &[&str]) -> (usize, usize, usize) {
    let (document, count) = document();
    let length = document.len();
    let (url, serving) = serve(form, document);
    let output = Command::new(env!("CARGO_BIN_EXE_caller"))
        .args([&url, "--limit", "200000000"])
        .args(arguments)
        .output()
        .unwrap();
    serving.join().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let numbers: Vec<usize> = String::from_utf8(output.stdout)
        .unwrap()
        .split_whitespace()
        .map(|number| number.parse().unwrap())
        .collect();
    let [records, peak, held] = numbers[..] else {
        panic!("{numbers:?}")
    };
    assert_eq!(records, count);
    eprintln!("{form:?} {arguments:?}: document {length}, result {held}, peak {peak}");
    (length, peak, held)
}

#[test]
fn a_long_result_takes_its_document_and_itself_and_little_more() {
    for form in [Form::WithLength, Form::Chunked, Form::Endless, Form::Gzip] {
        let (document, peak, held) = taken(form, &[]);
        let most = (document + held) * 11 / 10;
        assert!(
            peak <= most,
            "{form:?}: {peak} at the peak, {document} in the document, {held} in the result"
        );
    }
}

#[test]
fn values_of_no_type_take_no_more_than_that_either() {
    let (document, peak, held) = taken(Form::WithLength, &["--values"]);
    assert!(
        peak <= (document + held) * 11 / 10,
        "{peak} at the peak, {document} in the document, {held} in the result"
    );
}
