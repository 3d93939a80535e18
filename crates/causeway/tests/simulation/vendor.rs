//! Segment's Tracking API and Algolia's Insights API, as their documents say, with every way to fail.
//!
//! Segment takes batches of up to 500 KB with 2,500 messages and throws away messages over 32 KB without a word. Algolia refuses a
//! request as a whole for one bad event, over 1,000 events, and from 2 MB.

use crate::network::BEGUN;
use crate::plan::{Fault, Vendor};
use crate::sim::{Begun, Sim, Taken, parts, pass};
use flate2::read::GzDecoder;
use rand::rngs::StdRng;
use serde_json::Value;
use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

/// A client has had the answer for sure if it was written this long after the request was begun; clients wait 15 seconds.
const IN_TIME: u64 = 14_000;

struct Request {
    begun: Begun,
    key: Option<String>,
    body: Vec<u8>,
}

/// Answers requests until the connection ends.
pub(crate) async fn serve(sim: Arc<Sim>, vendor: Vendor, mut stream: DuplexStream, mut dice: StdRng) {
    let mut read = Vec::new();
    while let Some(request) = receive(&mut stream, &mut read).await {
        pass(&mut dice, 1..80).await;
        let fault = if sim.is_calm() { None } else { sim.plan.fault(vendor, sim.elapsed(), &mut dice) };
        if !answer(&sim, vendor, &request, fault, &mut stream).await {
            return;
        }
    }
}

/// The next request; nothing if the connection ends before it is whole.
async fn receive(stream: &mut DuplexStream, read: &mut Vec<u8>) -> Option<Request> {
    let end = loop {
        if let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        more(stream, read).await?;
    };
    let head = String::from_utf8(read.drain(..end).collect()).unwrap();
    let header = |name: &str| {
        let named = |line: &str| {
            Some(line.split_once(": ")?)
                .filter(|(key, _)| key.eq_ignore_ascii_case(name))
                .map(|(_, value)| value.to_owned())
        };
        head.lines().find_map(named)
    };
    let length: usize = header("content-length").unwrap().parse().unwrap();
    while read.len() < length {
        more(stream, read).await?;
    }
    let body: Vec<u8> = read.drain(..length).collect();
    let body = if header("content-encoding").is_some() { unzip(&body) } else { body };
    let begun = header(BEGUN).unwrap();
    let mut begun = begun.split(' ').map(|number| number.parse::<u64>().unwrap());
    let mut next = || begun.next().unwrap();
    let begun = Begun { generation: next() as u32, number: next(), at: next() };
    Some(Request { begun, key: header("x-algolia-api-key"), body })
}

async fn more(stream: &mut DuplexStream, read: &mut Vec<u8>) -> Option<()> {
    let mut piece = [0; 4096];
    let length = stream.read(&mut piece).await.ok().filter(|length| *length > 0)?;
    read.extend_from_slice(&piece[..length]);
    Some(())
}

fn unzip(body: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    GzDecoder::new(body).read_to_end(&mut plain).unwrap();
    plain
}

/// Answers, as the fault has it; answers false if the connection ends.
async fn answer(
    sim: &Arc<Sim>,
    vendor: Vendor,
    request: &Request,
    fault: Option<Fault>,
    stream: &mut DuplexStream,
) -> bool {
    sim.tell(|| format!("{vendor:?} gets request {} and {fault:?}", request.begun.number));
    if let Some(Fault::Status(status, after)) = fault {
        let after = after.map_or_else(String::new, |seconds| format!("retry-after: {seconds}\r\n"));
        return stream.write_all(&written(status, &after, "not now")).await.is_ok();
    }
    if let Some(Fault::Late(wait)) = fault {
        tokio::time::sleep(Duration::from_millis(wait)).await;
    }
    let taken = !matches!(fault, Some(Fault::Reset(false) | Fault::Silence(false)));
    let (status, places) = if taken { take(sim, vendor, request) } else { (200, 0..0) };
    let words = if status == 200 { "{\"success\":true}" } else { "{\"message\":\"poison\"}" };
    if !write(&written(status, "", words), fault, stream).await {
        return false;
    }
    let told = sim.elapsed() < request.begun.at + IN_TIME;
    sim.seen().taken(vendor)[places].iter_mut().for_each(|taken| taken.told = told);
    true
}

/// Writes the answer, as the fault has it; answers whether all of it was written.
async fn write(whole: &[u8], fault: Option<Fault>, stream: &mut DuplexStream) -> bool {
    match fault {
        Some(Fault::Reset(_)) => false,
        Some(Fault::Silence(_)) => {
            // Until whoever asked hangs up.
            while more(stream, &mut Vec::new()).await.is_some() {}
            false
        }
        Some(Fault::Half) => {
            let _ = stream.write_all(&whole[..whole.len() / 2]).await;
            false
        }
        Some(Fault::Drip(over)) => {
            for byte in whole {
                tokio::time::sleep(Duration::from_millis(over / whole.len() as u64)).await;
                if stream.write_all(&[*byte]).await.is_err() {
                    return false;
                }
            }
            true
        }
        _ => stream.write_all(whole).await.is_ok(),
    }
}

fn written(status: u16, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status} Status\r\n{headers}content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}").into()
}

/// Takes all of a request or nothing; answers the status, and where in what was seen its messages stand.
fn take(sim: &Arc<Sim>, vendor: Vendor, request: &Request) -> (u16, std::ops::Range<usize>) {
    let body: Value = serde_json::from_slice(&request.body).expect("JSON");
    let messages = body[if vendor == Vendor::Segment { "batch" } else { "events" }].as_array().unwrap();
    let (most, largest) = if vendor == Vendor::Segment { (2500, 500 << 10) } else { (1000, (2 << 20) - 1) };
    if messages.len() > most || request.body.len() > largest {
        sim.complain(format!("{vendor:?} got {} messages in {} bytes", messages.len(), request.body.len()));
    }
    if vendor == Vendor::Insights && request.key.as_deref() != Some(&key(sim.key.load(Ordering::SeqCst))) {
        return (403, 0..0);
    }
    let poison = if vendor == Vendor::Segment { 100..200 } else { 200..300 };
    let objects: Vec<(Vec<String>, &Value)> =
        messages.iter().map(|message| (objects(message), message)).collect();
    let is_poison = |object: &String| parts(object).is_some_and(|(_, _, part)| poison.contains(&part));
    if objects.iter().any(|(objects, _)| objects.iter().any(is_poison)) {
        sim.tell(|| format!("{vendor:?} refuses {}", messages.len()));
        return (if vendor == Vendor::Segment { 400 } else { 422 }, 0..0);
    }
    let from = sim.seen().taken(vendor).len();
    for (objects, message) in objects {
        note(sim, vendor, request.begun, objects, message);
    }
    (200, from..sim.seen().taken(vendor).len())
}

/// The key that Algolia gave out as so many-th.
pub(crate) fn key(number: u64) -> String {
    format!("key-{number}")
}

/// The objects that a message is about, by name.
fn objects(message: &Value) -> Vec<String> {
    let of_insights = message["objectIDs"].as_array().into_iter().flatten();
    let listed = message["properties"]["products"].as_array().into_iter().flatten();
    let named = listed.map(|product| &product["product_id"]).chain([&message["properties"]["product_id"]]);
    of_insights.chain(named).filter_map(|name| Some(name.as_str()?.to_owned())).collect()
}

fn note(sim: &Sim, vendor: Vendor, begun: Begun, objects: Vec<String>, message: &Value) {
    sim.tell(|| format!("{vendor:?} takes {objects:?} in request {}", begun.number));
    let bytes = message.to_string().len();
    if vendor == Vendor::Segment && bytes > 32 << 10 {
        sim.complain(format!("Segment throws {objects:?} away without a word: {bytes} bytes"));
    }
    let message_id = message["messageId"].as_str().unwrap_or_default().to_owned();
    for object in objects {
        check_forgotten(sim, &object, begun);
        let taken = Taken { object, message_id: message_id.clone(), begun, told: false };
        sim.seen().taken(vendor).push(taken);
    }
}

/// Nobody is sent who was forgotten before the request began.
fn check_forgotten(sim: &Sim, object: &str, begun: Begun) {
    let Some((person, number, _)) = parts(object) else { return };
    let seen = sim.seen();
    let since = seen.forgotten.get(&person).filter(|since| begun.number > **since);
    let is_before = seen.forgetting.get(&person).is_some_and(|forgetting| number < forgetting.before);
    if since.is_some() && is_before {
        drop(seen);
        sim.complain(format!("{object} is sent in request {} though forgotten", begun.number));
    }
}
