//! The page's text: the template, and the methods in it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::iter;

use super::{Texts, insides};
use crate::describe::{Described, Type};
use crate::method::Method;
use crate::methods::Methods;

const TEMPLATE: &str = include_str!("template.html");
pub(super) const SCRIPT: &str = include_str!("page.js");
pub(super) const STYLE: &str = include_str!("page.css");

/// The page of a table of methods.
pub(super) fn page(texts: &Texts, methods: &Methods) -> String {
    fill(TEMPLATE, |place, page| match place {
        "title" => escape(&texts.title, page),
        "introduction" => escape(&texts.introduction, page),
        "count" => number(methods.names().count(), page),
        "methods" => groups(methods, page),
        "style" => page.push_str(STYLE),
        "script" => page.push_str(SCRIPT),
        _ => unreachable!("the template has no other place"),
    })
}

/// The template with its places, `{{name}}`, filled. What is filled in is not looked at again.
fn fill(template: &str, mut place: impl FnMut(&str, &mut String)) -> String {
    let mut page = String::with_capacity(template.len() + SCRIPT.len() + STYLE.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, after) = after.split_once("}}").unwrap_or((after, ""));
        page.push_str(before);
        place(name, &mut page);
        rest = after;
    }
    page.push_str(rest);
    page
}

/// Sorted by namespace: methods without one first, `system` last.
type Namespaces<'m> = BTreeMap<(bool, &'m str), BTreeMap<&'m str, &'m Method>>;

fn groups(methods: &Methods, page: &mut String) {
    let mut namespaces = Namespaces::new();
    for (name, method) in methods.table.visible() {
        let namespace = split(name).0;
        let group = namespaces.entry((namespace == "system", namespace)).or_default();
        group.insert(name, method);
    }
    for ((_, namespace), methods) in &namespaces {
        group(namespace, methods, page);
    }
}

/// The namespace, up to the last dot, and the rest of a name.
fn split(name: &str) -> (&str, &str) {
    name.rsplit_once('.').unwrap_or(("", name))
}

fn group(namespace: &str, methods: &BTreeMap<&str, &Method>, page: &mut String) {
    page.push_str("<section class=\"group\"><h2><bdi>");
    escape(
        if namespace.is_empty() {
            "Methods"
        } else {
            namespace
        },
        page,
    );
    page.push_str("</bdi> <span class=\"count\">");
    number(methods.len(), page);
    page.push_str("</span></h2><ul>\n");
    for (name, method) in methods {
        item(name, method, page);
    }
    page.push_str("</ul></section>\n");
}

/// A method: its name and signatures, which the script reads from attributes, and its help.
fn item(name: &str, method: &Method, page: &mut String) {
    let signatures = signatures(method).unwrap_or_default();
    let types: Vec<_> = signatures.iter().map(|types| types.join(" ")).collect();
    page.push_str("<li><a href=\"#");
    fragment(name, page);
    page.push_str("\" data-name=\"");
    escape(name, page);
    page.push_str("\" data-signatures=\"");
    escape(&types.join("|"), page);
    if !method.names.is_empty() {
        page.push_str("\" data-parameters=\"");
        escape(&method.names.join("\n"), page);
    }
    page.push_str("\"><bdi class=\"name\">");
    match split(name).1 {
        "" => escape(&format!("{name:?}"), page),
        short => escape(short, page),
    }
    page.push_str("</bdi></a>");
    for types in &signatures {
        signature(types, &method.names, page);
    }
    if signatures.is_empty() {
        page.push_str("<span class=\"signature\">");
        escape(&any_parameters(method), page);
        page.push_str("</span>");
    }
    page.push_str("<p class=\"help\" dir=\"auto\">");
    escape(&method.help, page);
    page.push_str("</p>");
    insides::insides(method, page);
    page.push_str("</li>\n");
}

/// Like `system.methodSignature`, but with `any` for a type that can be anything. `None` for any number of parameters.
fn signatures(method: &Method) -> Option<Vec<Vec<&'static str>>> {
    let name = |known: &Described| kind(known.kind);
    let mut all = Vec::new();
    for shape in &method.shapes {
        for parameters in shape.parameters.lists()? {
            let types: Vec<_> = iter::once(&shape.result).chain(parameters).map(name).collect();
            if !all.contains(&types) {
                all.push(types);
            }
        }
    }
    Some(all)
}

/// What is shown of parameters whose number has no end: their names, if they have some.
fn any_parameters(method: &Method) -> String {
    match method.shapes.first() {
        Some(shape) if !method.names.is_empty() => shape.parameters.named(&method.names),
        _ => "(…)".to_owned(),
    }
}

/// The name of a type; `any` for one that can be anything.
pub(super) fn kind(known: Type) -> &'static str {
    match known {
        Type::Undefined => "any",
        known => known.name(),
    }
}

fn signature(types: &[&str], names: &[Box<str>], page: &mut String) {
    let Some((result, parameters)) = types.split_first() else {
        return;
    };
    let parameter = |(index, kind): (usize, &&str)| match names.get(index) {
        Some(name) => format!("{name}: {kind}"),
        None => (*kind).to_owned(),
    };
    let parameters: Vec<_> = parameters.iter().enumerate().map(parameter).collect();
    page.push_str("<span class=\"signature\">(");
    escape(&parameters.join(", "), page);
    page.push_str(") → ");
    escape(result, page);
    page.push_str("</span>");
}

fn number(number: usize, page: &mut String) {
    page.push_str(&number.to_string());
}

/// Text as it stands in an element or an attribute.
pub(super) fn escape(text: &str, page: &mut String) {
    for character in text.chars() {
        match character {
            '&' => page.push_str("&amp;"),
            '<' => page.push_str("&lt;"),
            '>' => page.push_str("&gt;"),
            '"' => page.push_str("&quot;"),
            '\'' => page.push_str("&#39;"),
            // Read as a line feed if it stood there itself.
            '\r' => page.push_str("&#13;"),
            // Not allowed in HTML in any form.
            '\0' => page.push('\u{FFFD}'),
            character => page.push(character),
        }
    }
}

/// Text as it stands behind the `#` of a link.
fn fragment(text: &str, page: &mut String) {
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.' | b'-' => page.push(char::from(byte)),
            // Writing to a string does not fail.
            byte => _ = write!(page, "%{byte:02X}"),
        }
    }
}
