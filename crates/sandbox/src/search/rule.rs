//! Rules: what a search must be like for one to apply, and what it then does.

mod condition;

use super::refusal::Refusal;
use super::text;
use crate::catalogue;
use crate::clock::now_ms;
use condition::Condition;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// "25 conditions/rule" (service limits).
const MOST_CONDITIONS: usize = 25;
/// "10,000 rules/index".
const MOST_RULES: usize = 10_000;
const KEYS: [&str; 9] = [
    "objectID",
    "conditions",
    "condition",
    "consequence",
    "description",
    "enabled",
    "validity",
    "tags",
    "scope",
];

/// An index's rules by id.
#[derive(Debug, Clone, Default)]
pub(super) struct Rules(pub(super) BTreeMap<String, Rule>);

/// A rule.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    /// As it came.
    pub(super) document: Map<String, Value>,
    conditions: Vec<Condition>,
    enabled: bool,
    /// From and until, in Unix seconds.
    validity: Vec<(i64, i64)>,
}

/// The search as rules see it.
#[derive(Debug)]
pub(super) struct Occasion<'a> {
    pub(super) query: &'a str,
    pub(super) contexts: &'a [String],
    /// The `filters` parameter, as it came.
    pub(super) filters: &'a str,
}

impl Rules {
    pub(super) fn put(&mut self, rule: Rule) -> Result<(), Refusal> {
        let id = rule.id().to_owned();
        if self.0.len() >= MOST_RULES && !self.0.contains_key(&id) {
            return Err(Refusal::bad_request(format!("Too many rules: at most {MOST_RULES} in an index")));
        }
        self.0.insert(id, rule);
        Ok(())
    }

    /// The rules that apply, by their ids.
    pub(super) fn applying(&self, occasion: &Occasion) -> Vec<Rule> {
        let now_s = now_ms() / 1000;
        self.0.values().filter(|rule| rule.applies(occasion, now_s)).cloned().collect()
    }
}

impl Rule {
    /// Reads a rule strictly: the specification closes these objects.
    pub(super) fn parse(id: &str, document: Value) -> Result<Self, Refusal> {
        let Value::Object(mut document) = document else { return Err(invalid("an object is expected")) };
        if let Some(key) = document.keys().find(|key| !KEYS.contains(&key.as_str())) {
            return Err(invalid(&format!("unknown attribute {key}")));
        }
        document.insert("objectID".into(), id.into());
        let consequence = document.get("consequence").is_some_and(Value::is_object);
        if !consequence {
            return Err(invalid("consequence must be an object"));
        }
        let listed = document.get("conditions").and_then(Value::as_array).into_iter().flatten();
        let conditions = listed.chain(document.get("condition")).map(Condition::parse);
        let conditions = conditions.collect::<Result<Vec<_>, _>>()?;
        if conditions.len() > MOST_CONDITIONS {
            return Err(invalid(&format!("at most {MOST_CONDITIONS} conditions are allowed")));
        }
        let enabled = document.get("enabled").is_none_or(|enabled| enabled == true);
        let ranges = document.get("validity").and_then(Value::as_array).into_iter().flatten();
        let range = |range: &Value| {
            (range["from"].as_i64().unwrap_or(i64::MIN), range["until"].as_i64().unwrap_or(i64::MAX))
        };
        Ok(Self { conditions, enabled, validity: ranges.map(range).collect(), document })
    }

    pub(super) fn id(&self) -> &str {
        self.document.get("objectID").and_then(Value::as_str).unwrap_or_default()
    }

    pub(super) fn has_context(&self, context: &str) -> bool {
        self.conditions.iter().any(|condition| condition.context.as_deref() == Some(context))
    }

    pub(super) const fn is_enabled(&self) -> bool {
        self.enabled
    }

    fn applies(&self, occasion: &Occasion, now_s: i64) -> bool {
        let valid = self.validity.is_empty()
            || self.validity.iter().any(|(from, until)| (*from..*until).contains(&now_s));
        let met =
            self.conditions.is_empty() || self.conditions.iter().any(|condition| condition.holds(occasion));
        self.enabled && valid && met
    }

    /// A part of the consequence.
    pub(super) fn consequence(&self, part: &str) -> Option<&Value> {
        self.document.get("consequence")?.get(part)
    }

    /// The search parameters that the rule adds, `query` among them once it is a text.
    pub(super) fn params(&self, query: &str) -> Map<String, Value> {
        let mut params = self.consequence("params").and_then(Value::as_object).cloned().unwrap_or_default();
        if let Some(edits) = params.get("query").filter(|query| query.is_object()) {
            let edited = edited(query, edits);
            params.insert("query".into(), edited.into());
        }
        params
    }

    /// `promote`: the ids and the place of each group.
    pub(super) fn promoted(&self) -> Vec<(usize, Vec<String>)> {
        let groups = self.consequence("promote").and_then(Value::as_array).into_iter().flatten();
        let group = |group: &Value| {
            let ids = group["objectIDs"].as_array().into_iter().flatten().chain(group.get("objectID"));
            let position = group["position"].as_u64().unwrap_or_default() as usize;
            (position, ids.filter_map(Value::as_str).map(str::to_owned).collect())
        };
        groups.map(group).collect()
    }

    /// `hide`.
    pub(super) fn hidden(&self) -> Vec<String> {
        let hidden = self.consequence("hide").and_then(Value::as_array).into_iter().flatten();
        hidden.filter_map(|one| one["objectID"].as_str().map(str::to_owned)).collect()
    }

    pub(super) fn filters_promoted(&self) -> bool {
        self.consequence("filterPromotes").is_some_and(|filter| filter == true)
    }
}

/// The words alone.
fn plain(query: &str) -> String {
    text::tokens(query).into_iter().map(|token| token.word).collect::<Vec<_>>().join(" ")
}

/// `{"remove": […], "edits": [{"type", "delete", "insert"?}]}`
fn edited(query: &str, edits: &Value) -> String {
    let removed = edits["remove"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let mut words = plain(query).split(' ').map(str::to_owned).collect::<Vec<_>>();
    let replaced = edits["edits"].as_array().into_iter().flatten().filter_map(|edit| {
        Some((
            edit["delete"].as_str()?,
            edit["insert"].as_str().filter(|_| edit["type"] == "replace").unwrap_or(""),
        ))
    });
    for (delete, insert) in removed.map(|word| (word, "")).chain(replaced) {
        for word in words.iter_mut().filter(|word| **word == plain(delete)) {
            insert.clone_into(word);
        }
    }
    words.retain(|word| !word.is_empty());
    words.join(" ")
}

fn invalid(problem: &str) -> Refusal {
    Refusal::bad_request(format!("Invalid rule: {problem}"))
}

/// The rules of the index of products.
pub(super) fn of_products() -> Rules {
    let parsed = catalogue::rules().into_iter().filter_map(|rule| {
        let id = rule["objectID"].as_str()?.to_owned();
        Some((id.clone(), Rule::parse(&id, rule).ok()?))
    });
    Rules(parsed.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn applies(conditions: &Value, query: &str, contexts: &[&str]) -> bool {
        let rule = Rule::parse("r", json!({"conditions": conditions, "consequence": {}})).unwrap();
        let contexts = contexts.iter().map(|&context| context.to_owned()).collect::<Vec<_>>();
        rule.applies(&Occasion { query, contexts: &contexts, filters: "" }, 1000)
    }

    #[test]
    fn a_rule_applies_when_all_of_one_of_its_conditions_holds() {
        let conditions =
            json!([{"context": "vip", "pattern": "sofa", "anchoring": "contains"}, {"context": "any"}]);
        assert!(applies(&conditions, "grey SOFA", &["vip"]) && applies(&conditions, "", &["x", "any"]));
        assert!(!applies(&conditions, "grey sofas", &["vip"]) && !applies(&conditions, "sofa", &[]));
        for (anchoring, queries) in [
            ("is", [true, false, false]),
            ("startsWith", [true, true, false]),
            ("endsWith", [true, false, true]),
        ] {
            let condition = json!([{"pattern": "oak desk", "anchoring": anchoring}]);
            assert_eq!(
                ["oak desk", "oak desk lamp", "big oak desk"].map(|query| applies(&condition, query, &[])),
                queries
            );
        }
    }

    #[test]
    fn a_rule_outside_its_time_or_switched_off_does_nothing() {
        for change in [json!({"enabled": false}), json!({"validity": [{"from": 0, "until": 1000}]})] {
            let mut document = json!({"consequence": {}});
            document.as_object_mut().unwrap().extend(change.as_object().cloned().unwrap());
            let rule = Rule::parse("r", document).unwrap();
            assert!(!rule.applies(&Occasion { query: "", contexts: &[], filters: "" }, 1000));
        }
    }

    #[test]
    fn a_query_is_replaced_or_edited() {
        let rule =
            |query: Value| Rule::parse("r", json!({"consequence": {"params": {"query": query}}})).unwrap();
        assert_eq!(rule(json!("sofa")).params("couch")["query"], "sofa");
        let edits =
            json!({"remove": ["cheap"], "edits": [{"type": "replace", "delete": "couch", "insert": "sofa"}]});
        assert_eq!(rule(edits).params("cheap grey couch")["query"], "grey sofa");
    }

    #[test]
    fn the_rules_of_the_products_are_rules_and_bad_ones_are_refused() {
        assert_eq!(of_products().0.len(), 2);
        for document in [
            json!({"conditions": []}),
            json!({"consequence": {}, "conditions": [{"context": "a b"}]}),
            json!({"consequence": {}, "conditions": [{"pattern": "a"}]}),
            json!({"consequence": {}, "when": 1}),
        ] {
            assert!(Rule::parse("r", document.clone()).is_err(), "{document}");
        }
    }
}
