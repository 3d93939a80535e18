//! A shopper as one of Segment's users: known by ids and traits, now and then in an audience.

use super::action::{Outcome, Verb};
use super::person::{self, Person};
use super::segment::Tracker;
use super::visit::Step;
use crate::catalogue::Catalogue;
use crate::clock::iso;
use crate::segment::engage::{Class, Computation, Form, Identifier};
use crate::segment::webhook::WEBHOOKS;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

/// The audience of those who bought for this much at once, in units of currency.
pub(super) const AUDIENCE: &str = "big_spenders";
const BIG: f64 = 1000.0;
/// How likely a big spender is none any more when coming back.
const RELAPSES: f64 = 0.3;
const TIERS: [&str; 3] = ["bronze", "silver", "gold"];
/// Apart from the shopper's own randomness, which must not change by this.
const SEED_OFFSET: u64 = 0x5e6d_e47c_0a11_ab1e;

/// What Segment knows of a shopper.
pub(super) struct Member {
    pub(super) tracker: Tracker,
    random: StdRng,
    traits: Value,
    in_audience: bool,
    told: u64,
}

impl Member {
    /// The shopper with this seed as a member, unless the share of members leaves them out.
    pub(super) fn new(tracker: Tracker, seed: u64, catalogue: &Catalogue) -> Option<Self> {
        let mut random = StdRng::seed_from_u64(seed ^ SEED_OFFSET);
        let is_member = random.random_bool(tracker.share);
        let brand = catalogue.products().choose(&mut random).map_or("", |product| product.brand.as_str());
        let tier = TIERS.choose(&mut random);
        let traits =
            json!({"loyalty_tier": tier, "favourite_brand": brand, "newsletter": random.random_bool(0.5)});
        is_member.then_some(Self { tracker, random, traits, in_audience: false, told: 0 })
    }

    /// The call that a step makes, if it makes one.
    pub(super) fn call(&mut self, step: &Step, person: &Person, now_ms: i64) -> Option<Value> {
        let identify = || json!({"type": "identify", "traits": self.traits});
        let call = if step.verb == Verb::LogIn { Some(identify()) } else { step.call.clone() };
        call.map(|call| self.sign(call, person, now_ms))
    }

    /// Whether a purchase makes the customer a big spender who wasn't one.
    pub(super) fn enters(&mut self, call: &Value, person: &Person) -> bool {
        let spent = call["properties"]["revenue"].as_f64().unwrap_or_default();
        let enters =
            self.tracker.has_audience() && !self.in_audience && spent >= BIG && person.customer().is_some();
        self.in_audience |= enters;
        enters
    }

    /// Whether a big spender who comes back is none any more.
    pub(super) fn leaves(&mut self) -> bool {
        let leaves = self.in_audience && self.random.random_bool(RELAPSES);
        self.in_audience &= !leaves;
        leaves
    }

    /// Tells the audience's receiver that the customer is in or out, once for each identifier; with how many messages.
    pub(super) async fn tell(
        &mut self,
        entered: bool,
        ids: Vec<Identifier>,
        now_ms: i64,
    ) -> (usize, Outcome) {
        let computation = Computation {
            key: AUDIENCE.into(),
            class: Class::Audience,
            value: entered.into(),
            form: Form::Identify,
            event: String::new(),
            destination: WEBHOOKS.into(),
        };
        self.told += 1;
        let messages = ids.iter().map(|id| computation.message(id, now_ms, self.told)).collect::<Vec<_>>();
        (messages.len(), self.tracker.tell_audience(messages).await)
    }

    /// Adds ids and times as the library does: `anonymousId` always, `userId` once logged in.
    fn sign(&mut self, mut call: Value, person: &Person, now_ms: i64) -> Value {
        let now = iso(now_ms);
        call["anonymousId"] = person.token.as_str().into();
        if let Some(customer) = person.customer() {
            call["userId"] = customer.into();
        }
        if call["event"] == "Order Completed" {
            call["properties"]["order_id"] = format!("order-{:08x}", self.random.random::<u32>()).into();
        }
        call["messageId"] = format!("ajs-next-{now_ms}-{}", person::uuid(&mut self.random)).into();
        (call["timestamp"], call["sentAt"]) = (now.as_str().into(), now.as_str().into());
        call["context"] = json!({"library": {"name": "analytics.js", "version": "next-1.81.0"}});
        call
    }
}

/// What Segment knows the customer by.
pub(super) fn identifiers(person: &Person) -> Vec<Identifier> {
    let user = person.customer().map(|id| Identifier { user_id: Some(id), anonymous_id: None });
    let anonymous = Identifier { user_id: None, anonymous_id: Some(person.token.clone()) };
    user.into_iter().chain([anonymous]).collect()
}
