//! YAML as the platform's clusters read it.
//!
//! Reading takes what old (YAML 1.1) writers meant; writing quotes every text that an old reader would
//! take for another type. All use of the YAML library is here, so that its options are the same everywhere.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, SeqAccess, Visitor},
    ser::SerializeMap as _,
};

/// A document of any shape. Mappings keep the order of their keys, and keys are texts, as in JSON.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    /// No value.
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// A whole number above the signed range.
    Unsigned(u64),
    /// Any other number.
    Float(f64),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Self>),
    /// A mapping.
    Map(Vec<(String, Self)>),
}

/// Reads one document.
pub(crate) fn parse(bytes: &[u8]) -> Result<Value, serde_saphyr::Error> {
    serde_saphyr::from_slice_with_options(bytes, reading())
}

/// Reads one document of a known shape.
pub(crate) fn parse_as<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<T, serde_saphyr::Error> {
    serde_saphyr::from_slice_with_options(bytes, reading())
}

/// Reads every document of a stream; empty ones do not count.
pub(crate) fn parse_all(bytes: &[u8]) -> Result<Vec<Value>, serde_saphyr::Error> {
    serde_saphyr::from_slice_multiple_with_options(bytes, reading())
}

fn reading() -> serde_saphyr::Options {
    serde_saphyr::options! {
        legacy_octal_numbers: true,
        with_snippet: false,
        // Lists may be long: the library's own limits refuse 1.4 MB of plain list. References are another
        // matter: no changelog has more than a few, and following them is what a bomb lives on.
        budget: serde_saphyr::budget! {
            max_events: 10_000_000,
            max_nodes: 5_000_000,
            max_recorded_anchor_events: 20_000,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: 20_000,
        },
    }
}

/// Writes one document, without a marker before it, with a newline at its end.
pub(crate) fn write(document: &impl Serialize) -> Result<String, serde_saphyr::ser::Error> {
    let options = serde_saphyr::ser_options! {
        // Folding is where readers differ; a long line is a line to all of them.
        prefer_block_scalars: false,
    };
    serde_saphyr::to_string_with_options(document, options)
}

/// A text that is written as a block (`|`) where that changes nothing of it, as PEM.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Block<'a>(pub(crate) &'a str);

impl Serialize for Block<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Spaces at the ends of lines, empty lines at the end and control characters are where readers differ.
        let is_plain = |line: &str| {
            let printable = line.bytes().all(|b| b == b' ' || b.is_ascii_graphic());
            printable && !line.is_empty() && line.trim_ascii() == line
        };
        if self.0.strip_suffix('\n').is_some_and(|text| text.split('\n').all(is_plain)) {
            serde_saphyr::LitStr(self.0).serialize(serializer)
        } else {
            self.0.serialize(serializer)
        }
    }
}

impl Value {
    /// What a mapping has under `name`.
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Map(fields) => fields.iter().find(|(field, _)| field == name).map(|(_, value)| value),
            _ => None,
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Integer(value) => serializer.serialize_i64(*value),
            Self::Unsigned(value) => serializer.serialize_u64(*value),
            Self::Float(value) => serializer.serialize_f64(*value),
            Self::Text(value) => serializer.serialize_str(value),
            Self::List(items) => items.serialize(serializer),
            Self::Map(fields) => {
                let mut map = serializer.serialize_map(Some(fields.len()))?;
                for (name, value) in fields {
                    map.serialize_entry(name, value)?;
                }
                map.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Value::deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Integer(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(i64::try_from(value).map_or(Value::Unsigned(value), Value::Integer))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut map = Vec::new();
        while let Some(field) = fields.next_entry()? {
            map.push(field);
        }
        Ok(Value::Map(map))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    #[test]
    fn scalars_of_yaml_1_1() {
        for (yaml, value) in [
            ("yes", Value::Bool(true)),
            ("on", Value::Bool(true)),
            ("False", Value::Bool(false)),
            ("0644", Value::Integer(420)),
            ("12", Value::Integer(12)),
            ("-12", Value::Integer(-12)),
            ("18446744073709551615", Value::Unsigned(u64::MAX)),
            ("1.5", Value::Float(1.5)),
            ("~", Value::Null),
            ("", Value::Null),
            ("# only a comment", Value::Null),
            ("1:30", text("1:30")),
            ("2024-01-01", text("2024-01-01")),
            ("1.23.0", text("1.23.0")),
            ("\"yes\"", text("yes")),
            ("'12'", text("12")),
        ] {
            assert_eq!(parse(yaml.as_bytes()).unwrap(), value, "{yaml}");
        }
    }

    #[test]
    fn order_of_keys_and_references_are_kept() {
        let yaml = b"b: &x [1, a]\na: *x\non: 1\n2: {}\nc:\n  <<: {d: 1}\n";
        let list = || Value::List(vec![Value::Integer(1), text("a")]);
        let fields = [
            ("b", list()),
            ("a", list()),
            ("on", Value::Integer(1)),
            ("2", Value::Map(Vec::new())),
            ("c", Value::Map(vec![("d".to_owned(), Value::Integer(1))])),
        ];
        let expected = Value::Map(fields.map(|(name, value)| (name.to_owned(), value)).to_vec());
        assert_eq!(parse(yaml).unwrap(), expected);
    }

    #[test]
    fn a_large_changelog_is_read_and_an_alias_bomb_is_not() {
        let large =
            "fixes:\n".to_owned() + &"- summary: a fix\n  pull_request: https://example/1\n".repeat(5_000);
        let Value::Map(fields) = parse(large.as_bytes()).unwrap() else {
            panic!("no mapping");
        };
        assert!(matches!(&fields[0].1, Value::List(items) if items.len() == 5_000));
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let alias = format!("*a{}, ", level - 1).repeat(10);
            let aliases = alias.trim_end_matches(", ");
            bomb = format!("{bomb}a{level}: &a{level} [{aliases}]\n");
        }
        parse(bomb.as_bytes()).unwrap_err();
        parse("[".repeat(100_000).as_bytes()).unwrap_err();
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(Value::Integer),
            (i64::MAX as u64 + 1..).prop_map(Value::Unsigned),
            prop::num::f64::NORMAL.prop_map(Value::Float),
            "\\PC{0,12}".prop_map(Value::Text),
            "[-+0-9:._eExoy~#'\" \n\t]{0,10}".prop_map(Value::Text),
            any::<String>().prop_map(Value::Text),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            let fields = prop::collection::btree_map("[-+0-9:.a-c#'\" \n]{0,8}", inner.clone(), 0..6);
            prop_oneof![
                prop::collection::vec(inner, 0..6).prop_map(Value::List),
                fields.prop_map(|fields| Value::Map(fields.into_iter().collect())),
            ]
        })
    }

    #[test]
    fn edited_documents_read_back_as_they_are_written() {
        let laughs = (1..9).map(|n| format!("a{n}: &a{n} [*a{0},*a{0},*a{0},*a{0},*a{0}]\n", n - 1));
        let laughs = laughs.collect::<Vec<_>>().concat();
        let seeds = [
            "candi:\n  fixes:\n    - summary: 'a: b'\n      pull_request: https://x/1\n  features: []\n"
                .to_owned(),
            "name: x\nweight: 900\ntext: |\n  two\n  lines\nflow: {a: [1, 'no', ~]}\n".to_owned(),
            format!("a0: &a0 lol\n{laughs}"),
        ];
        fuzzing::fuzz!(seeds, |bytes: &[u8]| {
            if let Ok(value) = parse(bytes) {
                let written = write(&value).unwrap();
                assert_eq!(parse(written.as_bytes()).unwrap(), value, "{written}");
            }
        });
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(value in any_value()) {
            let written = write(&value).unwrap();
            prop_assert_eq!(parse(written.as_bytes()).unwrap(), value, "{}", written);
        }

        #[test]
        fn blocks_read_back(text in "([-a-c:#|> \n\t\r]{0,8}\n?){0,4}", any in any::<String>()) {
            for text in [text, any] {
                let written = write(&std::collections::BTreeMap::from([("ca", Block(&text))])).unwrap();
                let read = parse(written.as_bytes()).unwrap();
                prop_assert_eq!(read.get("ca"), Some(&Value::Text(text)), "{}", written);
            }
        }

        #[test]
        fn parsing_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200), text in "[-a&*!|>:{}\\[\\],\n \"'#?%@0-9]{0,60}") {
            let _ = parse(&bytes);
            let _ = parse(text.as_bytes());
            let _ = parse_all(text.as_bytes());
        }
    }
}
