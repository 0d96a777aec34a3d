//! Reads bodies: JSON, or a form whose dotted keys are the same as JSON's nested objects (contracts 1.1).

use axum::extract::{FromRequest, Request};
use axum::http::header;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use super::error::Problem;
use super::shape::{Leaves, Shape, Wrong, shown};
use crate::error::{Error, Result};

/// Bodies over this are refused (contracts 1.2).
pub(crate) const BYTES_MAX: usize = 256 * 1024;

/// The body as a type. Errors name the first field that is wrong; unknown fields are ignored.
pub(crate) struct Body<T>(pub(crate) T);

/// The query as a type.
pub(crate) struct Query<T>(pub(crate) T);

impl<S, T> FromRequest<S> for Body<T>
where
    S: Send + Sync,
    T: DeserializeOwned + ToSchema + Send + 'static,
{
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let kind = kind.map(|kind| kind.split(';').next().unwrap_or_default().trim().to_owned());
        let bytes = axum::body::to_bytes(request.into_body(), BYTES_MAX)
            .await
            .map_err(|_| Problem::TooLarge { bytes_max: BYTES_MAX })?;
        let (fields, leaves) = match kind.as_deref().map(str::to_ascii_lowercase).as_deref() {
            None | Some("application/json") if bytes.is_empty() => (Map::new(), Leaves::Typed),
            Some("application/json") => (read_json(&bytes)?, Leaves::Typed),
            Some("application/x-www-form-urlencoded") => (read_form(&bytes)?, Leaves::Texts),
            Some(_) | None => return Err(Problem::UnsupportedType),
        };
        let value = Value::Object(unfold(fields)?);
        Ok(Self(typed(&Shape::of::<T>(), value, leaves)?))
    }
}

impl<S, T> axum::extract::FromRequestParts<S> for Query<T>
where
    S: Send + Sync,
    T: DeserializeOwned + IntoParams + Send + 'static,
{
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut axum::http::request::Parts,
        _: &S,
    ) -> Result<Self, Problem> {
        let fields = read_form(parts.uri.query().unwrap_or_default().as_bytes())?;
        Ok(Self(typed(&Shape::of_query::<T>(), Value::Object(fields), Leaves::Texts)?))
    }
}

fn typed<T: DeserializeOwned>(
    shape: &Shape,
    mut value: Value,
    leaves: Leaves,
) -> Result<T, Problem> {
    shape.check(&mut value, leaves)?;
    serde_path_to_error::deserialize(value).map_err(|error| {
        Error::invalid(shown(&error.path().to_string()), error.inner().to_string()).into()
    })
}

impl From<Wrong> for Problem {
    fn from(wrong: Wrong) -> Self {
        match wrong {
            Wrong::Rule { field, rule } => Error::invalid(field, rule).into(),
            Wrong::UnknownId { field } => Self::UnknownId { field },
        }
    }
}

fn read_json(bytes: &[u8]) -> Result<Map<String, Value>> {
    match serde_json::from_slice(bytes) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(Error::invalid("body", "must be a JSON object")),
        Err(error) => Err(Error::invalid("body", format!("must be JSON: {error}"))),
    }
}

/// Each key's values as a list of texts.
fn read_form(bytes: &[u8]) -> Result<Map<String, Value>> {
    let mut fields = Map::new();
    for (key, text) in form_urlencoded::parse(bytes) {
        let is_broken = key.contains('\u{fffd}') || text.contains('\u{fffd}');
        if is_broken && percent_encoding::percent_decode(bytes).decode_utf8().is_err() {
            return Err(Error::invalid("body", "must be UTF-8"));
        }
        let texts = fields.entry(key.into_owned()).or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(texts) = texts {
            texts.push(Value::from(text.into_owned()));
        }
    }
    Ok(fields)
}

/// `"a.b": 1` as `"a": {"b": 1}`. Both with different values are refused.
fn unfold(fields: Map<String, Value>) -> Result<Map<String, Value>> {
    let (dotted, mut whole): (Vec<_>, Map<_, _>) = {
        let (dotted, plain): (Vec<_>, Vec<_>) =
            fields.into_iter().partition(|(key, _)| key.contains('.'));
        (dotted, plain.into_iter().collect())
    };
    for (key, value) in dotted {
        let parts: Vec<&str> = key.split('.').collect();
        if parts.iter().any(|part| part.is_empty()) {
            continue;
        }
        let (last, path) = parts.split_last().expect("split always gives one part");
        let twice = || Error::invalid(&key, "is given twice with different values");
        let mut place = &mut whole;
        for part in path {
            let inner = place.entry(*part).or_insert_with(|| Value::Object(Map::new()));
            place = inner.as_object_mut().ok_or_else(twice)?;
        }
        match place.get(*last) {
            Some(other) if *other != value => return Err(twice()),
            Some(_) => {}
            None => {
                place.insert((*last).to_owned(), value);
            }
        }
    }
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize, ToSchema)]
    struct Sample {
        #[schema(min_length = 1, max_length = 5)]
        name: String,
        flag: bool,
        #[schema(minimum = 30, maximum = 1380, extensions(("x-unit" = json!("minutes"))))]
        delay: Option<u32>,
        #[serde(default)]
        var: std::collections::BTreeMap<String, String>,
        #[serde(default)]
        list: Vec<String>,
        #[serde(default)]
        parts: Vec<Part>,
    }

    #[derive(Debug, PartialEq, Deserialize, ToSchema)]
    struct Part {
        #[schema(minimum = 1, maximum = 9)]
        n: u8,
    }

    fn read(kind: &str, body: &str) -> Result<Sample, String> {
        let (fields, leaves) = match kind {
            "json" => (read_json(body.as_bytes()), Leaves::Typed),
            _ => (read_form(body.as_bytes()), Leaves::Texts),
        };
        let value = fields.and_then(unfold).map(Value::Object).map_err(|e| e.to_string())?;
        typed(&Shape::of::<Sample>(), value, leaves).map_err(|problem| match problem {
            Problem::Error(error) => error.to_string(),
            other => format!("{other:?}"),
        })
    }

    /// T11, T27, contracts 1.1: forms and JSON, dotted and nested, say the same.
    #[test]
    fn forms_and_json_say_the_same() {
        let wanted = Sample {
            name: "a b".into(),
            flag: true,
            delay: Some(45),
            var: [("x".to_owned(), "é".to_owned())].into(),
            list: vec!["1".into(), "2".into()],
            parts: vec![Part { n: 1 }, Part { n: 2 }],
        };
        for (kind, body) in [
            (
                "form",
                "name=a+b&flag=TRUE&delay=45&var.x=%C3%A9&list=1&list=2&parts={\"n\":1}&parts={\"n\":2}",
            ),
            (
                "json",
                r#"{"name":"a b","flag":true,"delay":45,"var":{"x":"é"},"list":["1","2"],
                   "parts":[{"n":1},{"n":2}]}"#,
            ),
            (
                "json",
                r#"{"name":"a b","flag":true,"delay":45,"var.x":"é","list":["1","2"],"y":1,
                   "parts":[{"n":1},{"n":2}]}"#,
            ),
        ] {
            assert_eq!(read(kind, body).as_ref(), Ok(&wanted), "{body}");
        }
    }

    /// T29, T52, contracts 1.1: what is wrong is named, with the rule.
    #[test]
    fn what_is_wrong_is_named() {
        for (kind, body, error) in [
            ("json", "{", "body must be JSON: EOF while parsing an object at line 1 column 1"),
            ("json", "[]", "body must be a JSON object"),
            ("json", r#"{"flag":true}"#, "name is required"),
            ("json", r#"{"flag":true,"name":null}"#, "name is required"),
            ("json", r#"{"flag":true,"name":""}"#, "name must have 1 to 5 characters"),
            ("json", r#"{"flag":true,"name":"ñññññ6"}"#, "name must have 1 to 5 characters"),
            ("json", r#"{"flag":"true","name":"a"}"#, "flag must be true or false"),
            ("json", r#"{"flag":true,"name":5}"#, "name must be a text"),
            (
                "json",
                r#"{"flag":true,"name":"a","delay":29}"#,
                "delay must be between 30 and 1380 minutes",
            ),
            ("json", r#"{"flag":true,"name":"a","delay":30.5}"#, "delay must be a whole number"),
            ("json", r#"{"flag":true,"name":"a","var":{"x":1}}"#, "var.x must be a text"),
            (
                "json",
                r#"{"flag":true,"name":"a","var":{"x":"1"},"var.x":"2"}"#,
                "var.x is given twice with different values",
            ),
            ("json", r#"{"flag":true,"name":"a","list":["a",1]}"#, "list[1] must be a text"),
            ("form", "flag=1&name=a", "flag must be true or false"),
            ("form", "flag=yes&name=a", "flag must be true or false"),
            ("form", "flag=&name=a", "flag must be true or false"),
            ("form", "flag=true&flag=true&name=a", "flag is given more than once"),
            ("form", "flag=true&name=%ff", "body must be UTF-8"),
            ("form", "flag=true&name=a&delay=x", "delay must be a whole number"),
            ("form", "flag=true&name=a&parts=x", "parts[0] must be an object"),
            ("form", "flag=true&name=a&parts={\"n\":0}", "parts[0].n must be between 1 and 9"),
        ] {
            assert_eq!(read(kind, body), Err(error.to_owned()), "{body}");
        }
    }

    /// Contracts 4.1: null and the empty text count as not set where nothing may be set.
    #[test]
    fn empty_counts_as_not_set() {
        for delay in ["null", r#""""#] {
            let body = format!(r#"{{"flag":true,"name":"a","delay":{delay}}}"#);
            assert_eq!(read("json", &body).unwrap().delay, None);
        }
        assert_eq!(read("form", "flag=true&name=a&delay=").unwrap().delay, None);
    }
}
