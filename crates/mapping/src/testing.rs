//! Values for the property tests.

use proptest::prelude::*;

use crate::value::{Number, Object, Value};

/// Any value that JSON can say, not too large.
pub(crate) fn value() -> impl Strategy<Value = Value<'static>> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(|whole| Value::Number(whole.into())),
        any::<f64>().prop_filter_map("finite", |float| Number::from_f64(float).map(Value::Number)),
        "[a-z\"\\\\\u{0}-\u{20}é😀]{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
            prop::collection::vec(("[a-e]{1,2}", inner), 0..6).prop_map(|members| {
                Value::Object(
                    members.into_iter().map(|(key, member)| (key.into(), member)).collect::<Object<'_>>(),
                )
            }),
        ]
    })
}
