//! Which media types calls may come in.

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue};

/// Which media types the bodies of calls may be declared as, for [`HttpService::media_types`](crate::HttpService::media_types).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum MediaTypes {
    /// Any, or none at all: programs send calls as `text/xml`, as forms (curl), as JSON, and without a word.
    #[default]
    Any,
    /// `text/xml`, `application/xml`, and those that end in `+xml`. A browser sends none of these for a page of another origin without
    /// asking beforehand, not even one so old that it does not say where a request comes from.
    Xml,
}

impl MediaTypes {
    /// Whether a request with these headers may be a call.
    pub(crate) fn take(self, headers: &HeaderMap) -> bool {
        match self {
            Self::Any => true,
            Self::Xml => {
                headers.contains_key(CONTENT_TYPE) && headers.get_all(CONTENT_TYPE).iter().all(is_xml)
            }
        }
    }
}

fn is_xml(content_type: &HeaderValue) -> bool {
    let text = content_type.to_str().unwrap_or_default();
    let media_type = text
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    match media_type.split_once('/') {
        Some(("text" | "application", "xml")) => true,
        Some((kind, subtype)) => {
            !kind.is_empty() && subtype.len() > "+xml".len() && subtype.ends_with("+xml")
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xml_is_told_from_what_forms_can_send() {
        for (content_types, xml) in [
            (&["text/xml"][..], true),
            (&["text/xml; charset=utf-8"], true),
            (&["TEXT/XML;charset=x"], true),
            (&["application/xml"], true),
            (&["application/soap+xml"], true),
            (&["text/xml", "application/xml"], true),
            (&["text/xml", "text/plain"], false),
            (&["text/plain; text/xml"], false),
            (&["text/plain, text/xml"], false),
            (&["application/x-www-form-urlencoded"], false),
            (&["multipart/form-data; boundary=xml"], false),
            (&["application/+xml"], false),
            (&["/xml"], false),
            (&["xml"], false),
            (&["image/xml"], false),
            (&["text/xmlx"], false),
            (&[""], false),
            (&[], false),
        ] {
            let mut headers = HeaderMap::new();
            for content_type in content_types {
                headers.append(CONTENT_TYPE, HeaderValue::from_static(content_type));
            }
            assert_eq!(MediaTypes::Xml.take(&headers), xml, "{content_types:?}");
            assert!(MediaTypes::Any.take(&headers));
        }
    }
}
