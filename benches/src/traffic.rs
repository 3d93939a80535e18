//! Requests as a shop's front end sends them, made once and renumbered before each sending, so that no event repeats
//! another and the load costs little beside the server.

use causeway_algolia::insights::request;
use std::net::SocketAddr;
use std::time::{SystemTime, UNIX_EPOCH};

/// How many people the events spread over.
const PEOPLE: u64 = 100_000;

/// What stands where a number goes, ten digits wide.
const OBJECT: &str = "OOOOOOOOOO";
const PERSON: &str = "PPPPPPPPPP";

/// A whole HTTP request with places to number.
#[derive(Debug, Clone)]
pub(crate) struct Template {
    /// Events in it.
    pub(crate) events: u64,
    bytes: Vec<u8>,
    objects: Vec<usize>,
    people: Vec<usize>,
}

impl Template {
    /// A request of so many events to this server.
    pub(crate) fn new(server: SocketAddr, events: usize) -> Self {
        let body = body(events);
        let head = format!(
            "POST {} HTTP/1.1\r\nhost: {server}\r\ncontent-type: application/json\r\nx-algolia-application-id: {}\r\n\
             x-algolia-api-key: {}\r\ncontent-length: {}\r\n\r\n",
            request::PATH,
            super::bridge::APP_ID,
            super::bridge::API_KEY,
            body.len()
        );
        let text = head + &body;
        let places = |mark: &str| text.match_indices(mark).map(|(place, _)| place).collect();
        let (objects, people) = (places(OBJECT), places(PERSON));
        Self { events: events as u64, objects, people, bytes: text.into_bytes() }
    }

    /// The request with the numbers from `next` on, which is moved past them.
    pub(crate) fn renumbered(&mut self, next: &mut u64) -> &[u8] {
        for &place in &self.objects {
            write_digits(&mut self.bytes[place..place + OBJECT.len()], *next);
            *next += 1;
        }
        for &place in &self.people {
            // A person's events are spread, as they are when many shop at once.
            write_digits(
                &mut self.bytes[place..place + PERSON.len()],
                next.wrapping_mul(2_654_435_761) % PEOPLE,
            );
            *next += 1;
        }
        &self.bytes
    }
}

fn write_digits(place: &mut [u8], mut number: u64) {
    for digit in place.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

/// A body of clicks, views and purchases, about 250 bytes an event.
pub(crate) fn body(events: usize) -> String {
    let list: Vec<String> = (0..events).map(event).collect();
    format!("{}{}{}", request::PREFIX, list.join(request::SEPARATOR), request::SUFFIX)
}

fn event(place: usize) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
    let what = match place % 4 {
        0 | 1 => format!(
            r#""eventName":"Product Clicked","eventType":"click","objectIDs":["sku-{OBJECT}"],"positions":[{}],"queryID":"7dfe2ada7bca48bdd0629649df0bee07""#,
            place % 20 + 1
        ),
        2 => format!(
            r#""eventName":"Hits Viewed","eventType":"view","objectIDs":["sku-{OBJECT}","sku-1000002","sku-1000003","sku-1000004"]"#
        ),
        _ => format!(
            r#""eventName":"Order Completed","eventType":"conversion","eventSubtype":"purchase","objectIDs":["sku-{OBJECT}"],"objectData":[{{"price":49.99,"quantity":1}}],"currency":"EUR""#
        ),
    };
    format!(
        r#"{{{what},"index":"products_en","userToken":"anonymous-3f2b8a1c-77d0-4a52-9d7e-{PERSON}","timestamp":{now}}}"#
    )
}
