//! Giving an event the searches that its objects came from, where it does not say so itself.

use super::{Event, Kind, Object, ObjectData, Subject};
use std::borrow::Cow;

impl<'a> Event<'a> {
    /// The event with the search (32 lower-case hexadecimal digits) of each object for which one was found, as far as an
    /// event of its kind can say it: a purchase has one for each item, an addition to a cart and any other conversion only one
    /// for all of their objects. What the event says itself always stays. Nothing if there is nothing to add.
    ///
    /// Source: the spec's variants; a `queryID` of the event itself already stands for every item that has none.
    pub fn with_query_ids(&self, found: &[Option<String>]) -> Option<Event<'a>> {
        let Subject::Objects(objects) = &self.subject else { return None };
        if self.query_id.is_some() || found.len() != objects.len() {
            return None;
        }
        match self.kind {
            Kind::Purchase => self.with_item_query_ids(objects, found),
            Kind::AddToCart | Kind::Conversion => self.with_query_id(objects, found),
            Kind::Click | Kind::View | Kind::Instantsearch => None,
        }
    }

    fn with_item_query_ids(&self, objects: &[Object<'a>], found: &[Option<String>]) -> Option<Event<'a>> {
        let mut objects = objects.to_vec();
        let mut added = false;
        for (object, found) in objects.iter_mut().zip(found) {
            let Some(found) = found else { continue };
            let data = object.data.get_or_insert_with(ObjectData::default);
            if data.query_id.is_none() {
                data.query_id = Some(Cow::Owned(found.clone()));
                added = true;
            }
        }
        added.then(|| Event { subject: Subject::Objects(objects), altered: true, ..self.clone() })
    }

    fn with_query_id(&self, objects: &[Object<'a>], found: &[Option<String>]) -> Option<Event<'a>> {
        let own = |object: &Object<'a>| {
            object.data.as_ref().and_then(|data| data.query_id.as_deref().map(str::to_owned))
        };
        let mut ids = objects.iter().zip(found).map(|(object, found)| own(object).or_else(|| found.clone()));
        let first = ids.next()??;
        let same = ids.all(|id| id.as_ref() == Some(&first));
        same.then(|| Event { query_id: Some(Cow::Owned(first)), altered: true, ..self.clone() })
    }
}

#[cfg(test)]
mod tests {
    use crate::insights::{Rules, parse_event};
    use serde_json::{Value, json};

    const A: &str = "0000000000000000000000000000000a";
    const B: &str = "0000000000000000000000000000000b";

    fn attached(kind: &str, rest: &Value, found: [Option<&str>; 2]) -> Option<Value> {
        let mut event = json!({
            "eventName": "E", "eventType": "conversion", "index": "i", "userToken": "u", "timestamp": 1,
            "objectIDs": ["x", "y"],
        });
        if kind != "conversion" {
            event["eventSubtype"] = kind.into();
        }
        event.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        let (raw, rules) = (event.to_string(), Rules::default());
        let event = parse_event(&raw, &rules, 1).unwrap();
        let event = event.with_query_ids(&found.map(|id| id.map(str::to_owned)))?;
        let mut out = Vec::new();
        event.write_json(1, &mut out);
        let text = String::from_utf8(out).unwrap();
        assert!(parse_event(&text, &rules, 1).is_ok(), "{text}");
        Some(serde_json::from_str(&text).unwrap())
    }

    #[test]
    fn a_purchase_has_a_search_for_each_item() {
        let bought = attached("purchase", &json!({}), [Some(A), None]).unwrap();
        assert_eq!(bought["objectData"], json!([{"queryID": A}, {}]));
        let data = json!({"objectData": [{"quantity": 2}, {"queryID": B}]});
        let bought = attached("purchase", &data, [Some(A), Some(A)]).unwrap();
        assert_eq!(bought["objectData"], json!([{"queryID": A, "quantity": 2}, {"queryID": B}]));
        assert_eq!(bought.get("queryID"), None);
    }

    #[test]
    fn other_conversions_have_one_search_for_all_their_objects_or_none() {
        for kind in ["conversion", "addToCart"] {
            assert_eq!(attached(kind, &json!({}), [Some(A), Some(A)]).unwrap()["queryID"], A);
            assert_eq!(attached(kind, &json!({}), [Some(A), Some(B)]), None);
            assert_eq!(attached(kind, &json!({}), [Some(A), None]), None);
        }
    }

    #[test]
    fn what_an_event_says_itself_stays() {
        assert_eq!(attached("purchase", &json!({"queryID": B}), [Some(A), Some(A)]), None);
        let data = json!({"objectData": [{"queryID": B}, {"queryID": B}]});
        assert_eq!(attached("purchase", &data, [Some(A), Some(A)]), None);
    }
}
