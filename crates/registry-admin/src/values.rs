//! Small readings of JSON documents.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::step::Difference;

/// The strings of a list; none if there is no list.
pub(crate) fn strings(value: &Value) -> Vec<String> {
    let items = value.as_array().into_iter().flatten();
    items.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The value at a path of fields; null if there is none.
pub(crate) fn at<'a>(value: &'a Value, field: &str) -> &'a Value {
    field.split('.').fold(value, |value, name| &value[name])
}

/// Sets the value at a path of fields. What is on the way and is not an object becomes one.
pub(crate) fn put(value: &mut Value, field: &str, new: Value) {
    let mut place = value;
    for name in field.split('.') {
        if !place.is_object() {
            *place = Value::Object(Map::new());
        }
        place = &mut place[name];
    }
    *place = new;
}

/// The fields whose values are not these. Strings are compared as `same` says.
pub(crate) fn differences(
    value: &Value,
    wanted: &[(&str, Value)],
    same: impl Fn(&str, &str) -> bool,
) -> Vec<Difference> {
    let differs = |has: &Value, wanted: &Value| match (has, wanted) {
        (Value::String(has), Value::String(wanted)) => !same(has, wanted),
        _ => has != wanted,
    };
    let wanted = wanted.iter().filter(|(field, wanted)| differs(at(value, field), wanted));
    let difference = |(field, wanted): &(&str, Value)| Difference {
        field: (*field).to_owned(),
        from: at(value, field).clone(),
        to: wanted.clone(),
    };
    wanted.map(difference).collect()
}

/// The difference if a list lacks some of `needed`: they are added, and nothing is removed.
pub(crate) fn additions(value: &Value, field: &str, needed: &[String]) -> Option<Difference> {
    let has = strings(at(value, field));
    let missing: Vec<&String> = needed.iter().filter(|it| !has.contains(it)).collect();
    let all = || has.iter().chain(missing.iter().copied()).cloned().collect::<Vec<_>>();
    (!missing.is_empty()).then(|| Difference {
        field: field.to_owned(),
        from: has.clone().into(),
        to: all().into(),
    })
}

/// What a list has apart from `needed`, sorted.
pub(crate) fn extras(value: &Value, needed: &[String]) -> Vec<String> {
    let has: BTreeSet<String> = strings(value).into_iter().collect();
    has.into_iter().filter(|it| !needed.contains(it)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_are_compared_and_set() {
        let mut value = json!({"a": {"b": "Allow"}, "c": null, "l": ["x"]});
        let wanted = [("a.b", "ALLOW".into()), ("a.n", 1.into()), ("c.d", true.into())];
        let found = differences(&value, &wanted, str::eq_ignore_ascii_case);
        let fields: Vec<&str> = found.iter().map(|it| it.field.as_str()).collect();
        assert_eq!(fields, ["a.n", "c.d"]);
        for difference in &found {
            put(&mut value, &difference.field, difference.to.clone());
        }
        assert_eq!(value, json!({"a": {"b": "Allow", "n": 1}, "c": {"d": true}, "l": ["x"]}));
        assert!(differences(&value, &wanted, str::eq_ignore_ascii_case).is_empty());

        let needed = ["x".to_owned(), "y".to_owned()];
        assert_eq!(additions(&value, "l", &needed).unwrap().to, json!(["x", "y"]));
        assert_eq!(additions(&value, "l", &needed[..1]), None);
        assert_eq!(extras(&value["l"], &needed[1..]), ["x"]);
    }
}
