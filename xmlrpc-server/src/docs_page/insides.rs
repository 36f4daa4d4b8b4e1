//! What is inside of the structs and arrays that methods take and give, as the page shows it.

use super::render::{escape, kind};
use crate::describe::{Described, Description};
use crate::method::Method;

/// How deep it is shown, since a type may hold values of its own type.
const DEPTH: usize = 4;

/// What is inside of the parameters and the result of a method, where that is known.
pub(super) fn insides(method: &Method, page: &mut String) {
    let mut entries = String::new();
    for shape in &method.shapes {
        for (index, parameter) in shape.parameters.types().iter().enumerate() {
            let name = method.names.get(index);
            let name = name.map_or_else(|| format!("parameter {}", index + 1), ToString::to_string);
            inside(&name, parameter, &mut entries);
        }
        inside("result", &shape.result, &mut entries);
    }
    if !entries.is_empty() {
        page.push_str("<dl class=\"insides\">");
        page.push_str(&entries);
        page.push_str("</dl>");
    }
}

/// What is inside of one of them, if anything is known to be.
fn inside(name: &str, of: &Described, page: &mut String) {
    let description = of.description();
    if has_insides(&description) {
        entry(name, &description, false, "", DEPTH, page);
    }
}

fn has_insides(description: &Description) -> bool {
    !description.members().is_empty() || description.item().is_some()
}

/// A member, or what has members: its name, type and help, and what is inside of it, no more than `depth` levels.
fn entry(name: &str, of: &Description, optional: bool, help: &str, depth: usize, page: &mut String) {
    page.push_str("<dt><bdi>");
    escape(name, page);
    page.push_str("</bdi> ");
    let innermost = kinds(of, page);
    if optional {
        page.push_str(" <i>optional</i>");
    }
    page.push_str("</dt><dd>");
    if !help.is_empty() {
        page.push_str("<p class=\"help\" dir=\"auto\">");
        escape(help, page);
        page.push_str("</p>");
    }
    members(&innermost, depth, page);
    page.push_str("</dd>");
}

/// The type, and that of the items of an array; gives what there is no further type in.
fn kinds(of: &Description, page: &mut String) -> Description {
    let mut of = of.clone();
    for _ in 0..DEPTH {
        page.push_str("<span class=\"type\">");
        page.push_str(kind(of.kind()));
        page.push_str("</span>");
        let Some(item) = of.item() else { break };
        page.push_str(" of ");
        of = item;
    }
    of
}

fn members(of: &Description, depth: usize, page: &mut String) {
    match (of.members(), depth) {
        ([], _) => {}
        (_, 0) => page.push('…'),
        (all, _) => {
            page.push_str("<dl>");
            for member in all {
                let (description, optional) = (member.description(), member.is_optional());
                entry(
                    member.name(),
                    &description,
                    optional,
                    member.help_text(),
                    depth - 1,
                    page,
                );
            }
            page.push_str("</dl>");
        }
    }
}
