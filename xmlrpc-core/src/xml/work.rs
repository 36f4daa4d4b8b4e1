//! Counts the bytes that the reader looks at, so that tests can hold its work to the length of a document.

#[cfg(test)]
pub(super) use tests::look;

/// Says that so many bytes are looked at; nothing outside of tests.
#[cfg(not(test))]
pub(super) const fn look(_bytes: usize) {}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use crate::{Decoder, Duplicates, Forbidden, Limits, Reading, Value};

    thread_local! {
        static LOOKED_AT: Cell<usize> = const { Cell::new(0) };
    }

    pub(in crate::xml) fn look(bytes: usize) {
        LOOKED_AT.set(LOOKED_AT.get() + bytes);
    }

    /// How many bytes are looked at to read, or refuse, a document.
    fn work(xml: &str, reading: &Reading) -> usize {
        let limits = Limits::default()
            .depth(usize::MAX)
            .members(usize::MAX)
            .attributes(usize::MAX);
        let decoder = Decoder::new().limits(limits).reading(reading.clone());
        LOOKED_AT.set(0);
        let _ = decoder.value::<Value>(xml.as_bytes());
        let value = LOOKED_AT.take();
        let _ = decoder.method_call::<Vec<Value>>(xml.as_bytes());
        let _ = decoder.method_response::<Value>(xml.as_bytes());
        if let Ok(call) = decoder.call(xml.into()) {
            for call in call
                .params
                .into_multicall(usize::MAX)
                .into_iter()
                .flatten()
                .flatten()
            {
                let _ = call.params.parse::<(String, String)>();
            }
        }
        let calls = LOOKED_AT.take();
        value + calls + work_on_results(&decoder, xml)
    }

    fn work_on_results(decoder: &Decoder, xml: &str) -> usize {
        LOOKED_AT.set(0);
        if let Ok(Ok(answer)) = decoder.response(xml.into())
            && let Ok(results) = answer.into_multicall()
            && let Ok(mut reader) = results.reader()
        {
            while let Ok(Some(_)) = reader.next::<(String, String)>() {}
        }
        LOOKED_AT.take()
    }

    /// A text of so many parts.
    type Make = fn(usize) -> String;

    const KINDS: &[(&str, Make)] = &[
        ("text", |n| format!("<value>{}</value>", "text ".repeat(n))),
        ("references", |n| format!("<value>{}</value>", "&amp;".repeat(n))),
        ("numbered references", |n| {
            format!("<value>{}</value>", "&#65;x".repeat(n))
        }),
        ("a padded reference", |n| {
            format!("<value>&#{}65;</value>", "0".repeat(n))
        }),
        ("padded references", |n| {
            format!("<value>{}</value>", "&#000000000065;".repeat(n))
        }),
        ("surrogate pairs", |n| {
            format!("<value>{}</value>", "&#xD83D;&#xDE00;".repeat(n))
        }),
        ("halves of pairs", |n| {
            format!("<value>{}</value>", "&#xD83D;".repeat(n))
        }),
        ("a half before a long reference", |n| {
            format!("<value>{}&#{}</value>", "&#xD83D;".repeat(n), "0".repeat(n))
        }),
        ("halves before long references", |n| {
            format!(
                "<value>{}</value>",
                format!("&#xD83D;&#{}1;", "0".repeat(40)).repeat(n)
            )
        }),
        ("ampersands", |n| format!("<value>{}</value>", "&".repeat(n))),
        ("an unended reference", |n| format!("<value>&{}", "a".repeat(n))),
        ("carriage returns", |n| {
            format!("<value>{}</value>", "\r".repeat(n))
        }),
        ("carriage returns in many strings", |n| {
            "<value>a\r</value>".repeat(n)
        }),
        ("comments", |n| {
            format!("<value>{}</value>", "a<!-- x -->".repeat(n))
        }),
        ("a comment of dashes", |n| {
            format!("<value><!--{}--></value>", "- ".repeat(n))
        }),
        ("starts of comments", |n| {
            format!("<value>{}</value>", "<!--".repeat(n))
        }),
        ("sections", |n| {
            format!("<value>{}</value>", "a<![CDATA[b]]>".repeat(n))
        }),
        ("brackets in a section", |n| {
            format!("<value><![CDATA[{}]]></value>", "]]".repeat(n))
        }),
        ("brackets in text", |n| {
            format!("<value>{}</value>", "]]".repeat(n))
        }),
        ("starts of sections", |n| {
            format!("<value>{}</value>", "<![CDATA[".repeat(n))
        }),
        ("a section and much text", |n| {
            format!("<value><![CDATA[]]>{}</value>", "text&amp;".repeat(n))
        }),
        ("instructions", |n| {
            format!("<value>{}</value>", "<?p x?>".repeat(n))
        }),
        ("starts of instructions", |n| {
            format!("<value>{}</value>", "<?p ".repeat(n))
        }),
        ("starts of tags", |n| {
            format!("<value>{}</value>", "<a ".repeat(n))
        }),
        ("open quotes", |n| format!("<value a='{}", "<a b='".repeat(n))),
        ("attributes", |n| {
            format!(
                "<value {}/>",
                (0..n).map(|i| format!("a{i}='1' ")).collect::<String>()
            )
        }),
        ("an attribute of references", |n| {
            format!("<value a='{}'/>", "&lt;".repeat(n))
        }),
        ("attributes without values", |n| {
            format!("<value {}/>", "a ".repeat(n))
        }),
        ("prefixes", |n| {
            format!(
                "<value {}>{}</value>",
                (0..n).map(|i| format!("xmlns:a{i}='1' ")).collect::<String>(),
                "<a0:b>".repeat(n)
            )
        }),
        ("extensions", |n| {
            array(&"<value><ex:i8>1</ex:i8></value>".repeat(n))
        }),
        ("bound extensions", |n| {
            array(&"<value xmlns:ex='x'>1</value>".repeat(n))
        }),
        ("values", |n| array(&"<value><int>1</int></value>".repeat(n))),
        ("untyped values", |n| array(&"<value>1</value>".repeat(n))),
        ("spaced values", |n| {
            array(&"\n  <value >\n  <int > 1 </int >\n  </value >".repeat(n))
        }),
        ("space", |n| {
            format!("<value>{}<int>1</int></value>", " ".repeat(n))
        }),
        ("space before wrong text", |n| {
            format!("<value>{}x<int>1</int></value>", " ".repeat(n))
        }),
        ("base64", |n| {
            format!("<value><base64>{}</base64></value>", "QUJD\n".repeat(n))
        }),
        ("base64 of single characters", |n| {
            format!("<value><base64>{}</base64></value>", "Q U J D ".repeat(n))
        }),
        ("members", |n| {
            structure(
                &(0..n)
                    .map(|i| format!("<member><name>{i}</name><value/></member>"))
                    .collect::<String>(),
            )
        }),
        ("members of one name", |n| {
            structure(&"<member><name>a</name><value/></member>".repeat(n))
        }),
        ("members with the value first", |n| {
            structure(&"<member><value>x</value><name>a</name></member>".repeat(n))
        }),
        ("members with a large value first", |n| {
            structure(&format!(
                "<member><value>{}</value><name>a</name></member>",
                "x".repeat(n)
            ))
        }),
        ("arrays in arrays", |n| {
            "<value><array><data>".repeat(n) + &"</data></array></value>".repeat(n)
        }),
        ("arrays that do not end", |n| "<value><array><data>".repeat(n)),
        ("structs in structs", |n| {
            "<value><struct><member><name>a</name>".repeat(n)
                + "<value/>"
                + &"</member></struct></value>".repeat(n)
        }),
        ("structs that do not end", |n| {
            "<value><struct><member><name>a</name>".repeat(n)
        }),
        ("spaces in tags", |n| {
            format!("<value{}>x</value{}>", " ".repeat(n), " ".repeat(n))
        }),
        ("a long name", |n| format!("<{}>", "v".repeat(n))),
        ("entities", |n| {
            format!("<!DOCTYPE a [{}]><value/>", "<!ENTITY a 'b'>".repeat(n))
        }),
        ("declaration", |n| {
            format!("<?xml version='1.0'{}?><value/>", " ".repeat(n))
        }),
        ("lines before an error", |n| {
            format!("<value>{}<int>x</int></value>", "\n".repeat(n))
        }),
        ("space after the end", |n| {
            format!("<value/>{}", "\n<!-- -->".repeat(n))
        }),
        ("entries of a multicall", |n| {
            multicall(&format!("<value>{}</value>", entry("1")).repeat(n))
        }),
        ("entries with a wrong scalar", |n| {
            multicall(&format!("<value>{}</value>", entry("<int>x</int>")).repeat(n))
        }),
        ("entries that are no calls", |n| {
            multicall(&"<value><a>b</a></value>".repeat(n))
        }),
        ("entries that are wrong at their end", |n| {
            multicall(&format!("<value>{}<a/></value>", entry("1")).repeat(n))
        }),
        ("a large entry that is wrong at its end", |n| {
            multicall(&format!(
                "<value>{}<a/></value>",
                entry(&"1</value><value>".repeat(n))
            ))
        }),
        ("entries with prefixes around them", |n| {
            let entries = format!("<value>{}</value>", entry("1")).repeat(n);
            multicall(&entries).replacen("<data>", "<data xmlns:a='b'>", 1)
        }),
        ("results of a multicall", |n| {
            results(&array("<value>1</value>").repeat(n))
        }),
        ("results that are wrong at their end", |n| {
            results(&array("<value><int>x</int></value>").repeat(n))
        }),
        ("results of another type", |n| {
            results(&array(&array("<value>1</value>")).repeat(n))
        }),
        ("a large result that is wrong at its end", |n| {
            results(&array(&format!("{}<foo/>", array(&"<value>1</value>".repeat(n)))))
        }),
        ("elements after the end", |n| {
            format!("<value/>{}", "<value/>".repeat(n))
        }),
    ];

    fn array(elements: &str) -> String {
        format!("<value><array><data>{elements}</data></array></value>")
    }

    fn results(elements: &str) -> String {
        let array = array(elements);
        format!("<methodResponse><params><param>{array}</param></params></methodResponse>")
    }

    fn multicall(entries: &str) -> String {
        format!(
            "<methodCall><methodName>system.multicall</methodName><params><param>{}</param></params></methodCall>",
            array(entries)
        )
    }

    /// What stands in the value of an entry with these parameters.
    fn entry(params: &str) -> String {
        format!(
            "<struct><member><name>methodName</name><value>m</value></member><member><name>params</name>{}</member></struct>",
            array(&format!("<value>{params}</value>"))
        )
    }

    fn structure(members: &str) -> String {
        format!("<value><struct>{members}</struct></value>")
    }

    #[test]
    fn work_grows_as_documents_do() {
        let lenient = Reading::default().forbidden_characters(Forbidden::Replace);
        let picky = Reading::strict().duplicates(Duplicates::Refuse);
        for (name, make) in KINDS {
            let (short, long) = (make(500), make(4000));
            for reading in [&Reading::default(), &lenient, &picky] {
                let (less, more) = (work(&short, reading), work(&long, reading));
                assert!(
                    more <= 9 * less + 100,
                    "{name}: {less} bytes looked at, then {more}"
                );
                assert!(
                    more <= 12 * long.len() + 100,
                    "{name}: {more} bytes looked at of {}",
                    long.len()
                );
            }
        }
    }

    #[test]
    fn work_on_nested_members_with_the_value_first_is_bounded_by_their_limit() {
        let nested = |levels: usize| {
            "<value><struct><member>".repeat(levels)
                + "<value/>"
                + &"<name>a</name></member></struct></value>".repeat(levels)
        };
        let xml = nested(4000);
        for reread in [xml.len(), 8 * xml.len()] {
            let limits = Limits::default().depth(usize::MAX).reread_bytes(reread);
            LOOKED_AT.set(0);
            let outcome = Decoder::new().limits(limits).value::<Value>(xml.as_bytes());
            assert!(outcome.is_err());
            let work = LOOKED_AT.take();
            assert!(
                work < 4 * (reread + 3 * xml.len()),
                "{work} bytes looked at of {}",
                xml.len()
            );
        }
    }
}
