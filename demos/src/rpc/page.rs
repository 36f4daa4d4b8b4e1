//! Exchanges as the slides' Wireshark pages show them: heads and bodies, one below the other.

use xmlrpc_client::Exchange;

use super::relay::Message;
use crate::terminal;

/// One request and its answer. Bodies are laid out, a tag on a line; on the wire they are without these lines.
pub(super) fn page(exchange: &Exchange<'_>) -> String {
    let head = |head: String| terminal::printable(head.as_bytes());
    let body = |body: &[u8]| laid_out(terminal::printable(body).trim_end(), "\n");
    let mut page = format!(
        "{}\n{}\n\n",
        head(exchange.request_head()),
        body(exchange.request_body())
    );
    if let Some(answer) = exchange.response_body() {
        page.push_str(&format!(
            "{}\n{}\n\n",
            head(exchange.response_head()),
            body(answer)
        ));
    }
    page
}

/// Head and body of a message in lines, each of which ends on the wire too, but for those with `\` at their end.
pub(super) fn lines(message: &Message) -> [Vec<String>; 2] {
    let head = terminal::printable(message.head.replace("\r\n", "\n").as_bytes());
    let mut body = laid_out(&terminal::printable(&message.body), "\\\n");
    if !body.is_empty() && !body.ends_with('\n') {
        body.push('\\');
    }
    [head, body].map(|part| part.lines().map(str::to_owned).collect())
}

/// Two columns of parts with an empty line between them. Parts begin in the same line; the first column is as wide
/// as its longest line.
pub(super) fn columns<const PARTS: usize>(
    left: &[Vec<String>; PARTS],
    right: &[Vec<String>; PARTS],
) -> String {
    let width = left.iter().flatten().map(|line| line.chars().count()).max();
    let width = width.unwrap_or(0);
    let row = |left: &str, right: &str| format!("{left:<width$} | {right}").trim_end().to_owned() + "\n";
    let pairs = left.iter().zip(right).map(|(left, right)| {
        let line = |part: &[String], index| part.get(index).cloned().unwrap_or_default();
        let rows = 0..left.len().max(right.len());
        rows.map(|index| row(&line(left, index), &line(right, index)))
            .collect::<String>()
    });
    pairs.collect::<Vec<_>>().join(&row("", ""))
}

/// Breaks lines between tags where Python does: a value stays on its line, an array's beginning and end too.
fn laid_out(document: &str, line_break: &str) -> String {
    let mut lines = String::with_capacity(document.len() * 2);
    let mut rest = document;
    while let Some(place) = rest.find("><") {
        let (line, more) = rest.split_at(place + 1);
        lines.push_str(line);
        let opens = ["<value>", "<array>"].iter().any(|tag| line.ends_with(tag));
        let closes = ["</value>", "</array>", "</name>"]
            .iter()
            .any(|tag| more.starts_with(tag));
        if !opens && !closes {
            lines.push_str(line_break);
        }
        rest = more;
    }
    lines.push_str(rest);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<methodCall><methodName>m</methodName><params>\
        <param><value><string>x</string></value></param><param><value><array><data><value><int>1</int></value></data>\
        </array></value></param></params></methodCall>";

    #[test]
    fn documents_are_laid_out_as_on_the_slide() {
        assert_eq!(
            laid_out(DOCUMENT, "\n"),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<methodCall>\n<methodName>m</methodName>\n<params>\n<param>\n\
             <value><string>x</string></value>\n</param>\n<param>\n<value><array><data>\n<value><int>1</int></value>\n\
             </data></array></value>\n</param>\n</params>\n</methodCall>",
        );
    }

    #[test]
    fn lines_tell_which_ends_are_on_the_wire() {
        for body in [DOCUMENT, "<a>\n<b></b>\n</a>\n", "", "a\nb"] {
            let message = Message {
                head: "POST / HTTP/1.1\r\nHost: h".to_owned(),
                body: body.as_bytes().to_vec(),
            };
            let [head, lines] = lines(&message);
            assert_eq!(head, ["POST / HTTP/1.1", "Host: h"]);
            let ended = lines.iter().map(|line| match line.strip_suffix('\\') {
                Some(goes_on) => goes_on.to_owned(),
                None => format!("{line}\n"),
            });
            assert_eq!(ended.collect::<String>(), body);
        }
    }

    #[test]
    fn a_line_from_outside_cannot_control_the_terminal() {
        let message = Message {
            head: "HTTP/1.1 200 \u{1b}[2J".to_owned(),
            body: "\u{9b}2J".as_bytes().to_vec(),
        };
        assert_eq!(lines(&message), [[r"HTTP/1.1 200 \u{1b}[2J"], [r"\u{9b}2J\"]]);
    }

    #[test]
    fn parts_begin_in_the_same_line() {
        let part = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(
            columns(&[part("é\nlong"), part("a")], &[part("x"), part("y\nz")]),
            "é    | x\nlong |\n     |\na    | y\n     | z\n"
        );
    }
}
