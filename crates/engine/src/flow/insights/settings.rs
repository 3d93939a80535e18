//! What an operator decides about events for Insights.

use causeway_algolia::insights::limits;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// The settings of a flow that this destination takes as its own. Each has a default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// `index`: the Algolia index of events that name none.
    pub index: Option<String>,
    /// `currency`: the currency of events that name none.
    pub currency: Option<String>,
    /// `positions`
    pub positions: Positions,
    /// `too_many`
    pub too_many: TooMany,
    /// `prices`
    pub prices: Prices,
}

/// What the first place in a list is called. Segment's documents don't say; their samples start at 1, as Algolia does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Positions {
    /// 1
    #[default]
    OneBased,
    /// 0
    ZeroBased,
}

/// What becomes of more objects or filters than an event of Insights can hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TooMany {
    /// Several events. Algolia takes them for several transactions.
    #[default]
    Split,
    /// One event, with the first of them.
    First,
    /// A dead letter.
    Reject,
}

/// What a product's `price` is where it has a `discount` too.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Prices {
    /// What is paid for one, as at Algolia.
    #[default]
    Final,
    /// What it costs without the discount, which is then taken off.
    BeforeDiscount,
}

/// A key and what is wrong with its value.
type Wrong = (&'static str, String);

impl Settings {
    /// Reads them among a flow's settings; answers what is wrong beside what is right.
    pub(crate) fn read(settings: &Map<String, Value>) -> (Self, Vec<Wrong>) {
        let mut wrong = Vec::new();
        let read = Self {
            index: read(settings, "index", &mut wrong).filter(|index: &String| !index.is_empty()),
            currency: currency(settings, &mut wrong),
            positions: read(settings, "positions", &mut wrong).unwrap_or_default(),
            too_many: read(settings, "too_many", &mut wrong).unwrap_or_default(),
            prices: read(settings, "prices", &mut wrong).unwrap_or_default(),
        };
        (read, wrong)
    }
}

fn read<T: DeserializeOwned>(
    settings: &Map<String, Value>,
    key: &'static str,
    wrong: &mut Vec<Wrong>,
) -> Option<T> {
    let value = settings.get(key)?;
    T::deserialize(value).map_err(|error| wrong.push((key, error.to_string()))).ok()
}

fn currency(settings: &Map<String, Value>, wrong: &mut Vec<Wrong>) -> Option<String> {
    let currency: String =
        read(settings, "currency", wrong).filter(|currency: &String| !currency.is_empty())?;
    if !is_currency(&currency) {
        wrong
            .push(("currency", format!("{currency:?} is no currency; write three letters, such as \"EUR\"")));
    }
    Some(currency)
}

/// Whether this has the form of an ISO 4217 code.
pub(super) fn is_currency(text: &str) -> bool {
    text.len() == limits::CURRENCY && text.bytes().all(|byte| byte.is_ascii_alphabetic())
}
