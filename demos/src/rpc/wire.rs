//! Exchanges as the slides' Wireshark pages show them: heads and bodies, one below the other.

use xmlrpc_client::Exchange;

/// One request and its answer. Bodies are laid out, a tag on a line; on the wire they are without these lines.
pub(super) fn page(exchange: &Exchange<'_>) -> String {
    let body = |body: &[u8]| laid_out(&String::from_utf8_lossy(body));
    let mut page = format!("{}\n{}\n", exchange.request_head(), body(exchange.request_body()));
    if let Some(answer) = exchange.response_body() {
        page.push_str(&format!("{}\n{}\n", exchange.response_head(), body(answer)));
    }
    page
}

/// Breaks lines between tags, but for a value and the scalar in it, as Python writes documents.
fn laid_out(document: &str) -> String {
    let mut lines = String::with_capacity(document.len() * 2);
    let mut rest = document.trim_end();
    while let Some(place) = rest.find("><") {
        let (line, more) = rest.split_at(place + 1);
        lines.push_str(line);
        if !line.ends_with("<value>") && !more.starts_with("</value>") && !more.starts_with("</name>") {
            lines.push('\n');
        }
        rest = more;
    }
    lines.push_str(rest);
    lines.push('\n');
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_laid_out_as_on_the_slide() {
        let document = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<methodCall><methodName>m</methodName><params>\
            <param><value><string>x</string></value></param><param><value><array><data><value><int>1</int></value></data>\
            </array></value></param></params></methodCall>";
        assert_eq!(
            laid_out(document),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<methodCall>\n<methodName>m</methodName>\n<params>\n<param>\n\
             <value><string>x</string></value>\n</param>\n<param>\n<value><array>\n<data>\n<value><int>1</int></value>\n</data>\n\
             </array></value>\n</param>\n</params>\n</methodCall>\n",
        );
    }
}
