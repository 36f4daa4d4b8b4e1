use std::collections::HashMap;
use std::marker::PhantomData;

use serde::{Deserialize, Serialize};
use xmlrpc_server::{DateTime, Describe, Description, Methods, Type, with};

use crate::support::{proxy, within};

#[derive(Serialize, Deserialize, Describe)]
struct Author {
    name: String,
}

/// A book.
#[derive(Serialize, Deserialize, Describe)]
#[serde(rename_all = "camelCase")]
struct Book {
    /// As on the cover.
    main_title: String,
    written_by: Vec<Author>,
    editor: Option<Box<Author>>,
    #[serde(rename = "ISBN", default)]
    isbn: u64,
    #[serde(skip)]
    _shelf: u32,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    tags: Vec<String>,
    #[serde(with = "with::integer_text")]
    copies: i64,
    #[serde(with = "with::integer_text")]
    #[describe(as = String)]
    pages: i64,
    #[serde(flatten)]
    loan: Loan,
    sequels: Vec<Book>,
    others: HashMap<String, Foreign>,
    foreign: Vec<Foreign>,
}

#[derive(Serialize, Deserialize, Describe)]
#[serde(default)]
struct Loan {
    since: DateTime,
    r#type: bool,
}

impl Default for Loan {
    fn default() -> Self {
        Self {
            since: DateTime::new(2024, 2, 29, 13, 5, 0).unwrap(),
            r#type: false,
        }
    }
}

/// Known to serde alone.
#[derive(Serialize, Deserialize)]
struct Foreign;

fn members(description: &Description) -> Vec<String> {
    let member = |member: &xmlrpc_server::Member| {
        let optional = if member.is_optional() { "?" } else { "" };
        let mut description = member.description();
        let mut text = format!("{}{optional}: {}", member.name(), description.kind().name());
        while let Some(item) = description.item() {
            text.push_str(&format!(" of {}", item.kind().name()));
            description = item;
        }
        text
    };
    description.members().iter().map(member).collect()
}

#[test]
fn members_are_named_as_serde_names_them() {
    let book = Book::description();
    assert_eq!(
        members(&book),
        [
            "mainTitle: string",
            "writtenBy: array of struct",
            "editor?: struct",
            "ISBN?: i8",
            "tags?: array of string",
            "copies: undef",
            "pages: string",
            "since?: dateTime.iso8601",
            "type?: boolean",
            "sequels: array of struct",
            "others: struct",
            "foreign: array",
        ]
    );
    assert_eq!(book.members()[0].help_text(), "As on the cover.");
    let authors = book.members()[1].description().item().unwrap();
    assert_eq!(members(&authors), ["name: string"]);
    assert_eq!(members(&book.members()[2].description()), ["name: string"]);
    let sequels = book.members()[9].description().item().unwrap();
    assert_eq!(members(&sequels), members(&book));
}

#[derive(Serialize, Deserialize, Describe)]
struct Page<'a, T: Clone, const N: usize>
where
    T: Send,
{
    title: &'a str,
    items: Vec<T>,
    first: T,
    #[serde(skip)]
    rest: PhantomData<T>,
}

#[test]
fn generic_structs_describe_what_they_hold() {
    assert_eq!(
        members(&Page::<'static, i32, 3>::description()),
        ["title: string", "items: array of int", "first: int"]
    );
}

#[derive(Serialize, Deserialize, Describe)]
struct Id(u16);

#[derive(Serialize, Deserialize, Describe)]
struct Pair(u16, String);

#[derive(Serialize, Deserialize, Describe)]
struct Marker;

#[derive(Serialize, Deserialize, Describe)]
#[serde(transparent)]
struct Wrapper {
    #[serde(skip)]
    _hidden: u32,
    inner: Option<Author>,
}

#[derive(Clone, Serialize, Deserialize, Describe)]
#[serde(into = "String", try_from = "String")]
struct Colour {
    red: u8,
}

impl From<Colour> for String {
    fn from(colour: Colour) -> Self {
        format!("#{:02x}0000", colour.red)
    }
}

impl TryFrom<String> for Colour {
    type Error = std::num::ParseIntError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        u8::from_str_radix(text.get(1..3).unwrap_or_default(), 16).map(|red| Self { red })
    }
}

#[derive(Serialize, Deserialize, Describe)]
#[serde(rename_all = "lowercase")]
enum Unit {
    Metre,
    Foot,
}

#[derive(Serialize, Deserialize, Describe)]
enum Shape {
    Circle(f64),
    Square { side: f64 },
}

#[derive(Serialize, Deserialize, Describe)]
enum Mixed {
    Nothing,
    Some(i32),
}

#[derive(Serialize, Deserialize, Describe)]
#[serde(tag = "kind")]
enum Event {
    Started,
    Ended { code: i32 },
}

#[derive(Serialize, Deserialize, Describe)]
#[serde(untagged)]
enum Either {
    Number(f64),
    Text(String),
}

#[derive(Serialize, Deserialize, Describe)]
#[describe(as = i32)]
#[repr(u8)]
enum Level {
    Low = 1,
}

#[test]
fn types_are_called_what_travels() {
    assert_eq!(Id::TYPE, Type::Int);
    assert_eq!(Pair::TYPE, Type::Array);
    assert_eq!(Marker::TYPE, Type::Nil);
    assert_eq!(Wrapper::TYPE, Type::Struct);
    assert_eq!(members(&Wrapper::description()), ["name: string"]);
    assert_eq!(Colour::TYPE, Type::String);
    assert_eq!(Unit::TYPE, Type::String);
    assert_eq!(Shape::TYPE, Type::Struct);
    assert_eq!(Mixed::TYPE, Type::Undefined);
    assert_eq!(Event::TYPE, Type::Struct);
    assert_eq!(Either::TYPE, Type::Undefined);
    assert_eq!(Level::TYPE, Type::Int);
}

#[derive(Serialize, Deserialize, Describe)]
struct Maybe(Option<i32>);

#[tokio::test]
async fn what_is_transparent_around_an_option_may_be_left_out_as_an_option_may() {
    let methods = Methods::new()
        .method("find", |id: Id, by: Wrapper| (id.0, by.inner.is_some()))
        .method("maybe", |number: Maybe| number.0);
    assert_eq!(
        methods.signatures("find"),
        [vec!["array", "int"], vec!["array", "int", "struct"]]
    );
    assert_eq!(methods.signatures("maybe"), [vec!["int", "int"]]);
    let proxy = proxy(methods);
    assert_eq!(
        within(proxy.call::<(u16, bool)>("find", (7,))).await.unwrap(),
        (7, false)
    );
    assert_eq!(
        within(proxy.call::<Option<i32>>("maybe", (None::<i32>,)))
            .await
            .unwrap(),
        None
    );
}
