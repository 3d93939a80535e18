//! Requests as a shop's front end sends them, made once and renumbered before each sending, so that no event repeats
//! another and the load costs little beside the server.

use causeway_algolia::insights::request;
use causeway_segment::{batch, webhook};
use std::net::SocketAddr;
use std::ops::Range;
use std::time::{SystemTime, UNIX_EPOCH};

/// How many people the events spread over.
pub(crate) const PEOPLE: u64 = 100_000;

/// What stands where a number goes, ten digits wide.
const OBJECT: &str = "OOOOOOOOOO";
const PERSON: &str = "PPPPPPPPPP";

/// What is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Traffic {
    /// Algolia's events to `/1/events`.
    Insights,
    /// The same, where each click names a search of its own.
    Attributed,
    /// Segment's calls to `/v1/track` or `/v1/batch`.
    Tracking,
    /// The same, signed, to `/webhooks/segment`.
    Webhook,
}

/// A whole HTTP request with places to number.
#[derive(Debug, Clone)]
pub(crate) struct Template {
    /// Events in it.
    pub(crate) events: u64,
    bytes: Vec<u8>,
    objects: Vec<(usize, u64)>,
    people: Vec<usize>,
    signed: Option<Signed>,
}

/// Where a webhook's signature stands, and what it signs.
#[derive(Debug, Clone)]
struct Signed {
    signature: Range<usize>,
    part: Range<usize>,
}

impl Template {
    /// A request of so many events to this server.
    pub(crate) fn new(server: SocketAddr, traffic: Traffic, events: usize) -> Self {
        let (path, headers, body) = match traffic {
            Traffic::Insights => (request::PATH.to_owned(), insights_headers(), body(events)),
            Traffic::Attributed => (request::PATH.to_owned(), insights_headers(), attributed(events)),
            Traffic::Tracking => tracking(events),
            Traffic::Webhook => (WEBHOOK.to_owned(), format!("x-signature: {UNSIGNED}\r\n"), calls(events)),
        };
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: {server}\r\ncontent-type: application/json\r\n{headers}content-length: {}\r\n\r\n",
            body.len()
        );
        let text = head.clone() + &body;
        let places = |mark: &str| text.match_indices(mark).map(|(place, _)| place).collect();
        let people: Vec<usize> = places(PERSON);
        let objects = places(OBJECT).into_iter().map(|place| (place, event_at(place, &text))).collect();
        let signed = (traffic == Traffic::Webhook).then(|| signed(&head, &body));
        Self { events: events as u64, objects, people, signed, bytes: text.into_bytes() }
    }

    /// The request with the events numbered from `next` on, which is moved past them. An event has its number wherever it
    /// names an object or a search, and is one person's; a person's events are spread, as they are when many shop at once.
    pub(crate) fn renumbered(&mut self, next: &mut u64) -> &[u8] {
        let first = *next;
        for &(place, event) in &self.objects {
            write_digits(&mut self.bytes[place..place + OBJECT.len()], first + event);
        }
        for (number, &place) in (first..).zip(&self.people) {
            let person = number.wrapping_mul(2_654_435_761) % PEOPLE;
            write_digits(&mut self.bytes[place..place + PERSON.len()], person);
        }
        *next += self.events;
        self.sign();
        &self.bytes
    }

    fn sign(&mut self) {
        let Some(Signed { signature, part }) = self.signed.clone() else { return };
        let made = webhook::signature(&self.bytes[part], WEBHOOK_SECRET);
        self.bytes[signature].copy_from_slice(made.as_bytes());
    }
}

/// Which event of a request a place in it belongs to, from 0.
fn event_at(place: usize, text: &str) -> u64 {
    let begun: usize = [r#"{"eventName":"#, r#"{"type":"#]
        .into_iter()
        .map(|start| text[..place].matches(start).count())
        .sum();
    begun as u64 - 1
}

/// The secret that webhooks are signed with.
pub(crate) const WEBHOOK_SECRET: &str = "bench-secret";

const WEBHOOK: &str = "/webhooks/segment";

/// What stands where a signature goes.
const UNSIGNED: &str = "0000000000000000000000000000000000000000";

fn insights_headers() -> String {
    format!(
        "x-algolia-application-id: {}\r\nx-algolia-api-key: {}\r\n",
        super::bridge::APP_ID,
        super::bridge::API_KEY
    )
}

fn tracking(events: usize) -> (String, String, String) {
    let key = batch::authorization(super::bridge::WRITE_KEY);
    let headers = format!("authorization: {key}\r\n");
    match events {
        1 => ("/v1/track".to_owned(), headers, calls(1)),
        _ => ("/v1/batch".to_owned(), headers, format!("{{\"batch\":{}}}", calls(events))),
    }
}

/// Segment signs a message, or the first of an array.
fn signed(head: &str, body: &str) -> Signed {
    let start = head.find(UNSIGNED).expect("a webhook has a place for its signature");
    let part = webhook::signed_part(body.as_bytes()).expect("there is a message").len();
    let first = head.len() + body.find('{').unwrap_or(0);
    Signed { signature: start..start + UNSIGNED.len(), part: first..first + part }
}

/// A call, or an array of several: product clicks, about 250 bytes each, as many as an Insights event has.
fn calls(count: usize) -> String {
    let call = format!(
        r#"{{"type":"track","event":"Product Clicked","messageId":"ajs-next-1795000000000-{OBJECT}","anonymousId":"3f2b8a1c-77d0-4a52-9d7e-{PERSON}","properties":{{"product_id":"sku-{OBJECT}","position":3,"search_index":"products_en"}},"context":{{"ip":"8.8.8.8"}}}}"#
    );
    let all = vec![call.as_str(); count].join(",");
    if count == 1 { all } else { format!("[{all}]") }
}

fn write_digits(place: &mut [u8], mut number: u64) {
    for digit in place.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

/// The same where each click names a search of its own.
fn attributed(events: usize) -> String {
    let own = format!("{}{OBJECT}", &QUERY_ID[..QUERY_ID.len() - OBJECT.len()]);
    body(events).replace(QUERY_ID, &own)
}

/// The user token of the person with this number.
pub(crate) fn person(number: u64) -> String {
    format!("{TOKEN}{number:010}")
}

const TOKEN: &str = "anonymous-3f2b8a1c-77d0-4a52-9d7e-";

const QUERY_ID: &str = "7dfe2ada7bca48bdd0629649df0bee07";

/// A body of clicks, views and purchases, about 250 bytes an event.
pub(crate) fn body(events: usize) -> String {
    let list: Vec<String> = (0..events).map(event).collect();
    format!("{}{}{}", request::PREFIX, list.join(request::SEPARATOR), request::SUFFIX)
}

fn event(place: usize) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
    let what = match place % 4 {
        0 | 1 => format!(
            r#""eventName":"Product Clicked","eventType":"click","objectIDs":["sku-{OBJECT}"],"positions":[{}],"queryID":"{QUERY_ID}""#,
            place % 20 + 1
        ),
        2 => format!(
            r#""eventName":"Hits Viewed","eventType":"view","objectIDs":["sku-{OBJECT}","sku-1000002","sku-1000003","sku-1000004"]"#
        ),
        _ => format!(
            r#""eventName":"Order Completed","eventType":"conversion","eventSubtype":"purchase","objectIDs":["sku-{OBJECT}"],"objectData":[{{"price":49.99,"quantity":1}}],"currency":"EUR""#
        ),
    };
    format!(r#"{{{what},"index":"products_en","userToken":"{TOKEN}{PERSON}","timestamp":{now}}}"#)
}
