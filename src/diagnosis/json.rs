//! The little of JSON that a report needs: objects, lists, texts, numbers. Whoever reads it brings the parser.

/// A value as it is written.
pub(super) struct Json(String);

pub(super) fn number(value: u64) -> Json {
    Json(value.to_string())
}

pub(super) fn text(value: &str) -> Json {
    let mut quoted = String::from("\"");
    for c in value.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            // Control characters are all below 0x10000.
            c if c.is_control() => quoted.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    Json(quoted)
}

pub(super) fn optional(value: Option<&str>) -> Json {
    value.map_or_else(|| Json("null".to_owned()), text)
}

/// A list, each of its values on a line.
pub(super) fn list(values: impl Iterator<Item = Json>) -> Json {
    let lines: Vec<String> = values.map(|value| format!("\n    {}", value.0)).collect();
    Json(match lines.as_slice() {
        [] => "[]".to_owned(),
        lines => format!("[{}\n  ]", lines.join(",")),
    })
}

/// An object on one line.
pub(super) fn object<const N: usize>(entries: [(&str, Json); N]) -> Json {
    let entries = entries.map(|(key, value)| format!("\"{key}\": {}", value.0));
    Json(format!("{{{}}}", entries.join(", ")))
}

/// The object that is the whole document, with a key on a line.
pub(super) fn document<const N: usize>(entries: [(&str, Json); N]) -> String {
    let entries = entries.map(|(key, value)| format!("  \"{key}\": {}", value.0));
    format!("{{\n{}\n}}", entries.join(",\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        /// Another parser reads what was written.
        #[test]
        fn any_text_is_read_back(written: String) {
            let document = document([("key", list([text(&written)].into_iter()))]);
            let read: serde_json::Value = serde_json::from_str(&document).unwrap();
            proptest::prop_assert_eq!(read["key"][0].as_str(), Some(written.as_str()));
        }
    }

    #[test]
    fn a_document_reads_as_people_write_one() {
        let inner = object([("a", number(1)), ("b", optional(None))]);
        let empty = list([].into_iter());
        assert_eq!(
            document([("list", list([inner].into_iter())), ("none", empty)]),
            "{\n  \"list\": [\n    {\"a\": 1, \"b\": null}\n  ],\n  \"none\": []\n}"
        );
    }
}
