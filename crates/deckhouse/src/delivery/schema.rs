//! The JSON schema of a delivery file, for editors and checks in git.

use serde_json::{Map, Value, json};

use super::{FILE, Key, Takes, keys::KEYS};
use crate::document::API_VERSION;

/// The schema (draft 7, which editors know). `describe` returns the description of a key.
///
/// It accepts every file that is valid, and refuses unknown keys and values of a wrong form. Which keys cannot be used
/// together is not part of it.
pub fn schema(describe: &dyn Fn(&Key) -> String) -> Value {
    let mut properties = Map::new();
    properties.insert("apiVersion".to_owned(), json!({ "const": API_VERSION }));
    properties.insert("kind".to_owned(), json!({ "const": FILE.kind }));
    for key in KEYS {
        let mut schema = match key.takes {
            Takes::Switch => json!({ "type": "boolean" }),
            Takes::One(kind) => kind.schema(),
            Takes::List(kind) => json!({ "type": "array", "minItems": 1, "items": kind.schema() }),
        };
        schema["description"] = describe(key).into();
        match key.path.split_once('.') {
            None => drop(properties.insert(key.path.to_owned(), schema)),
            Some((group, name)) => {
                let group = properties.entry(group).or_insert_with(|| object(&Map::new()));
                group["properties"][name] = schema;
            }
        }
    }
    let mut schema = object(&properties);
    schema["$schema"] = "http://json-schema.org/draft-07/schema#".into();
    schema["title"] = FILE.kind.into();
    schema["description"] = "What dhctl mirror pull --config pulls, and the bundle that it writes".into();
    schema["required"] = json!(["apiVersion", "kind"]);
    schema
}

fn object(properties: &Map<String, Value>) -> Value {
    json!({ "type": "object", "additionalProperties": false, "properties": properties })
}
