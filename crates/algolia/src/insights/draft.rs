//! An event as it came: every field of the right JSON type, nothing checked against the rules yet.

use super::{Amount, Excerpt, Object, ObjectData, Violation, limits};
use crate::json::{Malformed, Reader, Shape};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The fields of one event object. A JSON `null` counts as absent and of a repeated key the last counts, as with the
/// vendor's parser; both set [`Findings::altered`].
#[derive(Default)]
pub(super) struct Draft<'a> {
    pub(super) name: Option<Cow<'a, str>>,
    pub(super) event_type: Option<Cow<'a, str>>,
    pub(super) event_subtype: Option<Cow<'a, str>>,
    pub(super) index: Option<Cow<'a, str>>,
    pub(super) user_token: Option<Cow<'a, str>>,
    pub(super) authenticated_user_token: Option<Cow<'a, str>>,
    pub(super) timestamp: Option<i64>,
    pub(super) query_id: Option<Cow<'a, str>>,
    pub(super) objects: Objects<'a>,
    pub(super) filters: Vec<Cow<'a, str>>,
    pub(super) value: Option<Amount<'a>>,
    pub(super) currency: Option<Cow<'a, str>>,
    pub(super) agent_id: Option<Cow<'a, str>>,
    pub(super) extra: Vec<(Cow<'a, str>, &'a RawValue)>,
    pub(super) findings: Findings,
}

/// `objectIDs`, `positions` and `objectData`, which may come in any order, side by side.
#[derive(Default)]
pub(super) struct Objects<'a> {
    pub(super) rows: Vec<Object<'a>>,
    pub(super) ids: usize,
    pub(super) positions: usize,
    pub(super) data: usize,
}

impl<'a> Objects<'a> {
    fn row(&mut self, at: usize) -> &mut Object<'a> {
        if at >= self.rows.len() {
            self.rows.resize_with(at + 1, Object::default);
        }
        &mut self.rows[at]
    }
}

/// What was noticed while reading.
#[derive(Default)]
pub(super) struct Findings {
    /// The first wrong type, overlong list or position below 1.
    pub(super) violation: Option<Violation>,
    /// Whether the text says something in another than the documented form.
    pub(super) altered: bool,
}

impl<'a> Draft<'a> {
    /// Reads the object that comes next.
    pub(super) fn read(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        let mut draft = Draft::default();
        reader.object(|reader, key| draft.member(reader, key))?;
        Ok(draft)
    }

    fn member(&mut self, reader: &mut Reader<'a>, key: Cow<'a, str>) -> Result<(), Malformed> {
        let findings = &mut self.findings;
        match key.as_ref() {
            "eventName" => findings.text(reader, "eventName", &mut self.name),
            "eventType" => findings.text(reader, "eventType", &mut self.event_type),
            "eventSubtype" => findings.text(reader, "eventSubtype", &mut self.event_subtype),
            "index" => findings.text(reader, "index", &mut self.index),
            "userToken" => findings.token(reader, "userToken", &mut self.user_token),
            "authenticatedUserToken" => {
                findings.token(reader, "authenticatedUserToken", &mut self.authenticated_user_token)
            }
            "timestamp" => findings.integer(reader, "timestamp", &mut self.timestamp),
            "queryID" => findings.text(reader, "queryID", &mut self.query_id),
            "objectIDs" => self.object_ids(reader),
            "positions" => self.positions(reader),
            "objectData" => self.object_data(reader),
            "filters" => self.filters(reader),
            "value" => findings.amount(reader, "value", &mut self.value),
            "currency" => findings.text(reader, "currency", &mut self.currency),
            "agentID" => findings.text(reader, "agentID", &mut self.agent_id),
            _ => self.extra(reader, key),
        }
    }

    fn object_ids(&mut self, reader: &mut Reader<'a>) -> Result<(), Malformed> {
        let Draft { objects, findings, .. } = self;
        let before = std::mem::take(&mut objects.ids);
        objects.ids = findings.list(reader, "objectIDs", before, |findings, reader, at| {
            findings.item_text(reader, "objectIDs", &mut objects.row(at).id)
        })?;
        Ok(())
    }

    fn positions(&mut self, reader: &mut Reader<'a>) -> Result<(), Malformed> {
        let Draft { objects, findings, .. } = self;
        let before = std::mem::take(&mut objects.positions);
        objects.rows.iter_mut().for_each(|row| row.position = None);
        objects.positions = findings.list(reader, "positions", before, |findings, reader, at| {
            findings.position(reader, &mut objects.row(at).position)
        })?;
        Ok(())
    }

    fn object_data(&mut self, reader: &mut Reader<'a>) -> Result<(), Malformed> {
        let Draft { objects, findings, .. } = self;
        let before = std::mem::take(&mut objects.data);
        objects.rows.iter_mut().for_each(|row| row.data = None);
        objects.data = findings.list(reader, "objectData", before, |findings, reader, at| {
            objects.row(at).data = findings.object_data(reader)?;
            Ok(())
        })?;
        Ok(())
    }

    fn filters(&mut self, reader: &mut Reader<'a>) -> Result<(), Malformed> {
        let Draft { filters, findings, .. } = self;
        let before = std::mem::take(filters).len();
        findings.list(reader, "filters", before, |findings, reader, _| {
            let mut filter = Cow::default();
            findings.item_text(reader, "filters", &mut filter)?;
            filters.push(filter);
            Ok(())
        })?;
        Ok(())
    }

    fn extra(&mut self, reader: &mut Reader<'a>, key: Cow<'a, str>) -> Result<(), Malformed> {
        let text = reader.value()?;
        let value = serde_json::from_str(text).map_err(|_| reader.wrong("unreadable value"))?;
        self.extra.push((key, value));
        Ok(())
    }
}

impl Findings {
    /// Notes the violation unless there is one already.
    fn note(&mut self, violation: impl FnOnce() -> Violation) {
        self.violation.get_or_insert_with(violation);
    }

    fn wrong_type(
        &mut self,
        reader: &mut Reader<'_>,
        field: &'static str,
        expected: &'static str,
    ) -> Result<(), Malformed> {
        let got = reader.shape()?.word();
        self.note(|| Violation::WrongType { field, expected, got });
        reader.value().map(drop)
    }

    fn set<T>(&mut self, slot: &mut Option<T>, value: Option<T>) {
        self.altered |= slot.is_some() || value.is_none();
        *slot = value;
    }

    fn absent<T>(&mut self, reader: &mut Reader<'_>, slot: &mut Option<T>) -> Result<(), Malformed> {
        self.set(slot, None);
        reader.value().map(drop)
    }

    fn text<'a>(
        &mut self,
        reader: &mut Reader<'a>,
        field: &'static str,
        slot: &mut Option<Cow<'a, str>>,
    ) -> Result<(), Malformed> {
        match reader.shape()? {
            Shape::String => self.set(slot, Some(reader.string()?)),
            Shape::Null => self.absent(reader, slot)?,
            _ => self.wrong_type(reader, field, "string")?,
        }
        Ok(())
    }

    /// The vendor's own browser library sends tokens that were set as numbers as JSON numbers.
    fn token<'a>(
        &mut self,
        reader: &mut Reader<'a>,
        field: &'static str,
        slot: &mut Option<Cow<'a, str>>,
    ) -> Result<(), Malformed> {
        if reader.shape()? == Shape::Number {
            self.altered = true;
            self.set(slot, Some(Cow::Borrowed(reader.number()?)));
            return Ok(());
        }
        self.text(reader, field, slot)
    }

    fn amount<'a>(
        &mut self,
        reader: &mut Reader<'a>,
        field: &'static str,
        slot: &mut Option<Amount<'a>>,
    ) -> Result<(), Malformed> {
        match reader.shape()? {
            Shape::Number => self.set(slot, Some(Amount::Number(reader.number()?))),
            Shape::String => self.set(slot, Some(Amount::Text(reader.string()?))),
            Shape::Null => self.absent(reader, slot)?,
            _ => self.wrong_type(reader, field, "number")?,
        }
        Ok(())
    }

    fn integer<T: TryFrom<i64>>(
        &mut self,
        reader: &mut Reader<'_>,
        field: &'static str,
        slot: &mut Option<T>,
    ) -> Result<(), Malformed> {
        match reader.shape()? {
            Shape::Null => return self.absent(reader, slot),
            Shape::Number => {}
            _ => return self.wrong_type(reader, field, "integer"),
        }
        match self.whole(reader.number()?).and_then(|whole| T::try_from(whole).ok()) {
            Some(whole) => self.set(slot, Some(whole)),
            None => {
                self.note(|| Violation::WrongType { field, expected: "integer", got: Shape::Number.word() });
            }
        }
        Ok(())
    }

    /// A whole number, also when written as `3.0` or `3e0`.
    fn whole(&mut self, text: &str) -> Option<i64> {
        const EXACT: f64 = 9_007_199_254_740_992.0; // 2^53, up to which every whole number has its own f64
        if let Ok(whole) = text.parse() {
            return Some(whole);
        }
        let number: f64 = text.parse().ok().filter(|x: &f64| x.fract() == 0.0 && x.abs() <= EXACT)?;
        self.altered = true;
        Some(number as i64)
    }

    /// Reads a list of at most [`limits::MAX_ITEMS`]; `before` is the length of the same list under an earlier key. An
    /// empty list says nothing and counts as absent.
    fn list<'a>(
        &mut self,
        reader: &mut Reader<'a>,
        field: &'static str,
        before: usize,
        mut item: impl FnMut(&mut Self, &mut Reader<'a>, usize) -> Result<(), Malformed>,
    ) -> Result<usize, Malformed> {
        let mut count = 0;
        match reader.shape()? {
            Shape::Array => reader.array(|reader| {
                match count {
                    0..limits::MAX_ITEMS => item(self, reader, count)?,
                    _ => self.beyond(reader, field)?,
                }
                count += 1;
                Ok(())
            })?,
            Shape::Null => drop(reader.value()?),
            _ => self.wrong_type(reader, field, "array")?,
        }
        self.altered |= before > 0 || count == 0;
        Ok(count)
    }

    fn beyond(&mut self, reader: &mut Reader<'_>, field: &'static str) -> Result<(), Malformed> {
        self.note(|| Violation::TooManyItems { field });
        reader.value().map(drop)
    }

    fn item_text<'a>(
        &mut self,
        reader: &mut Reader<'a>,
        field: &'static str,
        slot: &mut Cow<'a, str>,
    ) -> Result<(), Malformed> {
        match reader.shape()? {
            Shape::String => *slot = reader.string()?,
            _ => self.wrong_type(reader, field, "string")?,
        }
        Ok(())
    }

    fn position(&mut self, reader: &mut Reader<'_>, slot: &mut Option<u32>) -> Result<(), Malformed> {
        let field = "positions";
        if reader.shape()? != Shape::Number {
            return self.wrong_type(reader, field, "integer");
        }
        let text = reader.number()?;
        let whole = self.whole(text);
        *slot = whole.and_then(|whole| u32::try_from(whole).ok()).filter(|position| *position > 0);
        match (whole, *slot) {
            (_, Some(_)) => {}
            (Some(..=0), None) => self.note(|| Violation::PositionNotPositive(Excerpt::new(text))),
            _ => self.note(|| Violation::WrongType { field, expected: "integer", got: Shape::Number.word() }),
        }
        Ok(())
    }

    fn object_data<'a>(&mut self, reader: &mut Reader<'a>) -> Result<Option<ObjectData<'a>>, Malformed> {
        if reader.shape()? != Shape::Object {
            return self.wrong_type(reader, "objectData", "object").map(|()| None);
        }
        let mut data = ObjectData::default();
        reader.object(|reader, key| match key.as_ref() {
            "queryID" => self.text(reader, "objectData.queryID", &mut data.query_id),
            "price" => self.amount(reader, "objectData.price", &mut data.price),
            "quantity" => self.integer(reader, "objectData.quantity", &mut data.quantity),
            "discount" => self.amount(reader, "objectData.discount", &mut data.discount),
            _ => {
                self.note(|| Violation::ObjectDataKey(Excerpt::new(&key)));
                reader.value().map(drop)
            }
        })?;
        Ok(Some(data))
    }
}
