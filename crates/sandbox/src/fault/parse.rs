//! Reading a fault from the control endpoint's JSON, strictly: a misspelt fault that strikes nobody would let a test
//! pass for the wrong reason.

use super::{Effect, Fault, Target};
use serde_json::{Map, Value, json};
use std::time::Duration;

const KEYS: [&str; 9] =
    ["target", "status", "retry_after", "share", "for_s", "latency_ms", "reset", "drop", "truncate"];
const LONGEST_S: f64 = 86_400.0;
const LONGEST_LATENCY_MS: f64 = 600_000.0;

/// Why a fault can't be read: which field, what is wrong with it and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} {problem}")]
pub(crate) struct BadFault {
    pub(crate) field: String,
    pub(crate) problem: String,
}

impl BadFault {
    pub(crate) fn new(field: &str, problem: impl Into<String>) -> Self {
        Self { field: field.into(), problem: problem.into() }
    }
}

impl Fault {
    /// Reads `{"target", "status"?, "retry_after"?, "share"?, "for_s"?, "latency_ms"?, "reset"?, "drop"?, "truncate"?}`.
    pub(crate) fn from_json(document: &Value) -> Result<Self, BadFault> {
        let Value::Object(fields) = document else {
            return Err(BadFault::new(
                "body",
                "must be a JSON object such as {\"target\":\"segment\",\"status\":503}",
            ));
        };
        refuse_unknown(fields)?;
        let fault = Self {
            target: target(fields)?,
            effect: effect(fields)?,
            latency: seconds(fields, "latency_ms", LONGEST_LATENCY_MS, 0.001)?.unwrap_or_default(),
            share: number(fields, "share", 1.0)?.unwrap_or(1.0),
            lasts: seconds(fields, "for_s", LONGEST_S, 1.0)?,
        };
        if fault.effect.is_none() && fault.latency.is_zero() {
            return Err(BadFault::new(
                "status",
                "is missing: give one of status, latency_ms, reset, drop, truncate",
            ));
        }
        Ok(fault)
    }
}

/// The JSON that would be read as this fault.
pub(super) fn describe(fault: &Fault) -> Value {
    let mut fields = json!({"target": fault.target, "share": fault.share});
    match fault.effect {
        Some(Effect::Status { status, retry_after }) => {
            fields["status"] = status.into();
            if let Some(seconds) = retry_after {
                fields["retry_after"] = seconds.into();
            }
        }
        Some(Effect::Reset) => fields["reset"] = true.into(),
        Some(Effect::Drop) => fields["drop"] = true.into(),
        Some(Effect::Truncate) => fields["truncate"] = true.into(),
        None => {}
    }
    if !fault.latency.is_zero() {
        fields["latency_ms"] = (fault.latency.as_millis() as u64).into();
    }
    if let Some(lasts) = fault.lasts {
        fields["for_s"] = lasts.as_secs_f64().into();
    }
    fields
}

fn refuse_unknown(fields: &Map<String, Value>) -> Result<(), BadFault> {
    match fields.keys().find(|key| !KEYS.contains(&key.as_str())) {
        Some(key) => {
            Err(BadFault::new(key, format!("is not a field of a fault; the fields are {}", KEYS.join(", "))))
        }
        None => Ok(()),
    }
}

fn target(fields: &Map<String, Value>) -> Result<Target, BadFault> {
    let words = Target::WORDS.map(|(word, _)| word).join(", ");
    let Some(value) = fields.get("target") else {
        return Err(BadFault::new("target", format!("is missing; give one of {words}")));
    };
    let named = Target::WORDS.into_iter().find(|(word, _)| value.as_str() == Some(word));
    named
        .map(|(_, target)| target)
        .ok_or_else(|| BadFault::new("target", format!("is {value}; give one of {words}")))
}

fn effect(fields: &Map<String, Value>) -> Result<Option<Effect>, BadFault> {
    let effects = [
        status(fields)?,
        flag(fields, "reset")?.then_some(Effect::Reset),
        flag(fields, "drop")?.then_some(Effect::Drop),
        flag(fields, "truncate")?.then_some(Effect::Truncate),
    ];
    let mut chosen = effects.into_iter().flatten();
    match (chosen.next(), chosen.next()) {
        (effect, None) => Ok(effect),
        (_, Some(_)) => Err(BadFault::new(
            "status",
            "has company: a request meets only one of status, reset, drop, truncate; post one fault for each",
        )),
    }
}

fn status(fields: &Map<String, Value>) -> Result<Option<Effect>, BadFault> {
    let retry_after = number(fields, "retry_after", LONGEST_S)?.map(|seconds| seconds as u32);
    let Some(value) = fields.get("status") else {
        return match retry_after {
            Some(_) => Err(BadFault::new("retry_after", "needs a status beside it, such as 429")),
            None => Ok(None),
        };
    };
    match value.as_u64() {
        Some(status @ 300..=599) => Ok(Some(Effect::Status { status: status as u16, retry_after })),
        _ => Err(BadFault::new("status", format!("is {value}; give an integer from 300 to 599"))),
    }
}

fn flag(fields: &Map<String, Value>, field: &str) -> Result<bool, BadFault> {
    match fields.get(field) {
        None => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(other) => Err(BadFault::new(field, format!("is {other}; give true or false"))),
    }
}

fn number(fields: &Map<String, Value>, field: &str, most: f64) -> Result<Option<f64>, BadFault> {
    match fields.get(field) {
        None => Ok(None),
        Some(value) => match value.as_f64() {
            Some(number) if (0.0..=most).contains(&number) => Ok(Some(number)),
            _ => Err(BadFault::new(field, format!("is {value}; give a number from 0 to {most}"))),
        },
    }
}

fn seconds(
    fields: &Map<String, Value>,
    field: &str,
    most: f64,
    unit: f64,
) -> Result<Option<Duration>, BadFault> {
    Ok(number(fields, field, most)?.map(|number| Duration::from_secs_f64(number * unit)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_described_in_the_same_words() {
        for document in [
            json!({"target": "segment", "share": 0.3, "status": 429, "retry_after": 2, "for_s": 10.0}),
            json!({"target": "insights", "share": 1.0, "latency_ms": 250}),
            json!({"target": "search", "share": 1.0, "drop": true}),
        ] {
            assert_eq!(describe(&Fault::from_json(&document).unwrap()), document);
        }
    }

    #[test]
    fn a_bad_fault_is_named_by_its_field() {
        for (field, document) in [
            ("body", json!([])),
            ("target", json!({"status": 500})),
            ("target", json!({"target": "mars", "status": 500})),
            ("status", json!({"target": "segment"})),
            ("status", json!({"target": "segment", "status": 200})),
            ("status", json!({"target": "segment", "status": "503"})),
            ("status", json!({"target": "segment", "status": 500, "reset": true})),
            ("share", json!({"target": "segment", "status": 500, "share": 3})),
            ("for_s", json!({"target": "segment", "status": 500, "for_s": -1})),
            ("latency_ms", json!({"target": "segment", "latency_ms": 1e9})),
            ("reset", json!({"target": "segment", "reset": "yes"})),
            ("retry_after", json!({"target": "segment", "reset": true, "retry_after": 1})),
            ("shares", json!({"target": "segment", "status": 500, "shares": 0.5})),
        ] {
            assert_eq!(Fault::from_json(&document).unwrap_err().field, field, "{document}");
        }
    }
}
