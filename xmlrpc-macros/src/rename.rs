//! Names in other cases, by the rules that serde has for them.

use syn::LitStr;

/// How the words of a name are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Case {
    Lower,
    Upper,
    Pascal,
    Camel,
    Snake,
    ScreamingSnake,
    Kebab,
    ScreamingKebab,
}

/// Each with the name that it has in attributes.
const CASES: [(&str, Case); 8] = [
    ("lowercase", Case::Lower),
    ("UPPERCASE", Case::Upper),
    ("PascalCase", Case::Pascal),
    ("camelCase", Case::Camel),
    ("snake_case", Case::Snake),
    ("SCREAMING_SNAKE_CASE", Case::ScreamingSnake),
    ("kebab-case", Case::Kebab),
    ("SCREAMING-KEBAB-CASE", Case::ScreamingKebab),
];

impl Case {
    /// The case of this name.
    pub(crate) fn parse(name: &LitStr) -> syn::Result<Self> {
        let wanted = name.value();
        let found = CASES.iter().find(|(known, _)| *known == wanted);
        found.map(|(_, case)| *case).ok_or_else(|| {
            let known: Vec<_> = CASES.iter().map(|(known, _)| format!("{known:?}")).collect();
            let text = format!("no case is named so: it is one of {}", known.join(", "));
            syn::Error::new(name.span(), text)
        })
    }

    /// The name of a field or a method, which is in snake case, in this one.
    pub(crate) fn of_snake(self, name: &str) -> String {
        match self {
            Self::Lower | Self::Snake => name.to_owned(),
            Self::Upper | Self::ScreamingSnake => name.to_ascii_uppercase(),
            Self::Pascal => name.split('_').map(capitalised).collect(),
            Self::Camel => first_lower(&Self::Pascal.of_snake(name)),
            Self::Kebab => name.replace('_', "-"),
            Self::ScreamingKebab => name.to_ascii_uppercase().replace('_', "-"),
        }
    }
}

fn capitalised(word: &str) -> String {
    let mut characters = word.chars();
    let first = characters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(characters).collect()
}

fn first_lower(name: &str) -> String {
    let mut characters = name.chars();
    let first = characters.next().map(|first| first.to_ascii_lowercase());
    first.into_iter().chain(characters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn snake_case_becomes_each_case() {
        for (name, renamed) in [
            ("lowercase", "get_process_info"),
            ("UPPERCASE", "GET_PROCESS_INFO"),
            ("PascalCase", "GetProcessInfo"),
            ("camelCase", "getProcessInfo"),
            ("snake_case", "get_process_info"),
            ("SCREAMING_SNAKE_CASE", "GET_PROCESS_INFO"),
            ("kebab-case", "get-process-info"),
            ("SCREAMING-KEBAB-CASE", "GET-PROCESS-INFO"),
        ] {
            let (_, case) = CASES.iter().find(|(known, _)| *known == name).expect("a case");
            assert_eq!(case.of_snake("get_process_info"), renamed);
        }
    }
}
