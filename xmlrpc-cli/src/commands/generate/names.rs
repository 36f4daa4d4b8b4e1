//! Identifiers of Rust, made of whatever a server calls its methods.

use std::collections::HashSet;

/// The longest identifier that is made of a name.
const LONGEST: usize = 60;

/// Words that are no names of functions: Rust's, and what a client has already.
const TAKEN: &[&str] = &[
    "_", "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do",
    "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop",
    "macro", "match", "mod", "move", "mut", "new", "override", "priv", "proxy", "pub", "ref", "return",
    "self", "static", "struct", "super", "trait", "true", "try", "type", "typeof", "unsafe", "unsized",
    "use", "virtual", "where", "while", "yield",
];

/// Names of types and traits that the module, or code made of it, takes for something else: those it imports, and those that Rust has
/// without an import.
const IN_USE: &[&str] = &[
    "AsMut",
    "AsRef",
    "AsyncFn",
    "AsyncFnMut",
    "AsyncFnOnce",
    "Base64",
    "Box",
    "Clone",
    "Copy",
    "DateTime",
    "Debug",
    "Default",
    "DoubleEndedIterator",
    "Drop",
    "Eq",
    "Err",
    "ExactSizeIterator",
    "Extend",
    "Fn",
    "FnMut",
    "FnOnce",
    "From",
    "FromIterator",
    "Future",
    "Hash",
    "Into",
    "IntoFuture",
    "IntoIterator",
    "Iterator",
    "None",
    "Ok",
    "Option",
    "Ord",
    "PartialEq",
    "PartialOrd",
    "Result",
    "Self",
    "Send",
    "Sized",
    "Some",
    "String",
    "Struct",
    "Sync",
    "ToOwned",
    "ToString",
    "TryFrom",
    "TryInto",
    "Unpin",
    "Value",
    "Variadic",
    "Vec",
];

/// Names of functions, each of which is given once.
#[derive(Default)]
pub(super) struct Functions(HashSet<String>);

impl Functions {
    /// A name for the function that calls a method.
    pub(super) fn name(&mut self, method: &str) -> String {
        let plain = snake(method);
        let mut name = plain.clone();
        let mut number = 1_usize;
        while !self.0.insert(name.clone()) {
            number += 1;
            name = format!("{plain}_{number}");
        }
        name
    }
}

/// Words in lower case with underscores between.
fn snake(name: &str) -> String {
    let characters: Vec<char> = name.chars().take(4 * LONGEST).collect();
    let mut out = String::new();
    for (index, &c) in characters.iter().enumerate() {
        if !c.is_ascii_alphanumeric() {
            separate(&mut out);
            continue;
        }
        let before = index.checked_sub(1).map(|before| characters[before]);
        let behind = characters.get(index + 1);
        let begins_word = c.is_ascii_uppercase()
            && before.is_some_and(|before| {
                before.is_ascii_lowercase()
                    || before.is_ascii_digit()
                    || before.is_ascii_uppercase() && behind.is_some_and(char::is_ascii_lowercase)
            });
        if begins_word {
            separate(&mut out);
        }
        out.push(c.to_ascii_lowercase());
    }
    out.truncate(LONGEST);
    let out = out.trim_matches('_');
    match out {
        "" => "method".to_owned(),
        _ if out.starts_with(|c: char| c.is_ascii_digit()) => format!("method_{out}"),
        _ if TAKEN.contains(&out) => format!("{out}_"),
        _ => out.to_owned(),
    }
}

fn separate(out: &mut String) {
    if !out.is_empty() && !out.ends_with('_') {
        out.push('_');
    }
}

/// The name of the trait that was asked for.
pub(super) fn of_trait(text: &str) -> Result<String, String> {
    let first = text.chars().next().unwrap_or_default();
    let is_name = first.is_ascii_uppercase() && text.chars().all(|c| c.is_ascii_alphanumeric());
    if !is_name || text.len() > LONGEST {
        return Err("must be a name such as Bookshop: a capital letter, then letters and digits".to_owned());
    }
    if IN_USE.contains(&text) {
        return Err(
            "stands for something else in the module or in Rust; choose another, such as Bookshop".to_owned(),
        );
    }
    Ok(text.to_owned())
}

/// Whether a call can carry the name, by the rules of `#[rpc]`.
pub(super) fn is_callable(name: &str) -> bool {
    !name.is_empty()
        && !name
            .contains(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_identifiers() {
        for (name, expected) in [
            ("addtogether", "addtogether"),
            ("system.listMethods", "system_list_methods"),
            ("d.multicall2", "d_multicall2"),
            ("getURLFor", "get_url_for"),
            ("Bug.get2Things", "bug_get2_things"),
            ("a..b--c", "a_b_c"),
            ("type", "type_"),
            ("Self", "self_"),
            ("new", "new_"),
            ("2fast", "method_2fast"),
            ("größe", "gr_e"),
            ("日本", "method"),
            ("", "method"),
            ("_", "method"),
            ("x(); fn evil() {} //", "x_fn_evil"),
        ] {
            assert_eq!(snake(name), expected, "{name}");
        }
        assert!(snake(&"x".repeat(1000)).len() <= LONGEST);
    }

    #[test]
    fn names_that_become_the_same_are_told_apart() {
        let mut functions = Functions::default();
        let names = ["a.b", "a_b", "aB", "a_b_2"].map(|name| functions.name(name));
        assert_eq!(names, ["a_b", "a_b_2", "a_b_3", "a_b_2_2"]);
    }

    #[test]
    fn names_of_traits_are_checked() {
        assert_eq!(of_trait("Bookshop2").as_deref(), Ok("Bookshop2"));
        for refused in ["", "bookshop", "Self", "Variadic", "A b", "A{}", "Ä"] {
            assert!(of_trait(refused).is_err(), "{refused}");
        }
    }
}
