//! The eight methods of the validator with which XML-RPC implementations have been checked since 2000.

use serde::{Deserialize, Serialize};
use xmlrpc_server::{Base64, DateTime, Describe, Fault, Methods, Struct, fault};

/// Registers the methods, each under its name with `validator1.` in front.
pub(super) fn methods() -> Methods {
    let table = Methods::new();
    let table = table
        .method("validator1.arrayOfStructsTest", |stooges: Vec<Stooges>| {
            sum(stooges.iter().map(|s| s.curly))
        })
        .help(
            "validator1.arrayOfStructsTest",
            "The sum of all curly members of an array of structs with moe, larry and curly.",
        )
        .method("validator1.countTheEntities", count_the_entities)
        .help(
            "validator1.countTheEntities",
            "How many < > & ' \" a string has, as a struct.",
        )
        .method("validator1.easyStructTest", |stooges: Stooges| sum(stooges.all()))
        .help(
            "validator1.easyStructTest",
            "The sum of moe, larry and curly of a struct.",
        )
        .method("validator1.echoStructTest", |members: Struct| members)
        .help("validator1.echoStructTest", "The struct itself.");
    table
        .method("validator1.manyTypesTest", many_types)
        .help(
            "validator1.manyTypesTest",
            "A number, boolean, string, double, date-time and base64, as an array.",
        )
        .method("validator1.moderateSizeArrayCheck", moderate_size_array)
        .help(
            "validator1.moderateSizeArrayCheck",
            "The first and the last of an array of strings, joined.",
        )
        .method("validator1.nestedStructTest", |calendar: Calendar| {
            sum(calendar.year.april.first.all())
        })
        .help(
            "validator1.nestedStructTest",
            "The sum of moe, larry and curly on 1 April 2000, in structs of years, months and days.",
        )
        .method("validator1.simpleStructReturnTest", multiples)
        .help(
            "validator1.simpleStructReturnTest",
            "Ten, a hundred and a thousand times a number, as a struct.",
        )
}

/// A struct with at least these members.
#[derive(Deserialize)]
struct Stooges {
    moe: i32,
    larry: i32,
    curly: i32,
}

impl Stooges {
    fn all(&self) -> [i32; 3] {
        [self.moe, self.larry, self.curly]
    }
}

impl Describe for Stooges {}

/// The one path that is asked for in a calendar of years, months and days.
#[derive(Deserialize)]
struct Calendar {
    #[serde(rename = "2000")]
    year: Year,
}

#[derive(Deserialize)]
struct Year {
    #[serde(rename = "04")]
    april: Month,
}

#[derive(Deserialize)]
struct Month {
    #[serde(rename = "01")]
    first: Stooges,
}

impl Describe for Calendar {}

fn sum(numbers: impl IntoIterator<Item = i32>) -> i64 {
    numbers.into_iter().map(i64::from).sum()
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Entities {
    ct_left_angle_brackets: i32,
    ct_right_angle_brackets: i32,
    ct_ampersands: i32,
    ct_apostrophes: i32,
    ct_quotes: i32,
}

impl Describe for Entities {}

#[expect(clippy::needless_pass_by_value, reason = "arguments of handlers are owned")]
fn count_the_entities(text: String) -> Entities {
    let mut entities = Entities::default();
    for c in text.chars() {
        match c {
            '<' => entities.ct_left_angle_brackets += 1,
            '>' => entities.ct_right_angle_brackets += 1,
            '&' => entities.ct_ampersands += 1,
            '\'' => entities.ct_apostrophes += 1,
            '"' => entities.ct_quotes += 1,
            _ => {}
        }
    }
    entities
}

type ManyTypes = (i32, bool, String, f64, DateTime, Base64);

fn many_types(
    number: i32,
    boolean: bool,
    string: String,
    double: f64,
    moment: DateTime,
    bytes: Base64,
) -> ManyTypes {
    (number, boolean, string, double, moment, bytes)
}

#[expect(clippy::needless_pass_by_value, reason = "arguments of handlers are owned")]
fn moderate_size_array(strings: Vec<String>) -> Result<String, Fault> {
    match (strings.first(), strings.last()) {
        (Some(first), Some(last)) => Ok(format!("{first}{last}")),
        _ => Err(Fault::new(
            fault::code::INVALID_PARAMETERS,
            "the array has no first and no last string",
        )),
    }
}

#[derive(Serialize)]
struct Multiples {
    times10: i64,
    times100: i64,
    times1000: i64,
}

impl Describe for Multiples {}

fn multiples(number: i32) -> Multiples {
    let number = i64::from(number);
    Multiples {
        times10: number * 10,
        times100: number * 100,
        times1000: number * 1000,
    }
}
