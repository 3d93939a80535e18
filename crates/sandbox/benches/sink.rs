//! How fast the stand-in Segment takes full batches from one client on one thread: lean, as the sink of other
//! benchmarks, and with everything it can do.

use causeway_sandbox::{Options, serve};
use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

/// Segment's limit of a batch.
const LARGEST_BATCH: usize = 500 * 1024;

fn main() {
    divan::main();
}

#[divan::bench(args = [190, 480], sample_count = 50, sample_size = 10)]
fn lean(bencher: Bencher, message_bytes: usize) {
    measure(bencher, message_bytes, true);
}

#[divan::bench(args = [190, 480], sample_count = 20, sample_size = 1)]
fn faithful(bencher: Bencher, message_bytes: usize) {
    measure(bencher, message_bytes, false);
}

fn measure(bencher: Bencher, message_bytes: usize, lean: bool) {
    let (request, messages) = request(message_bytes);
    let mut stream = TcpStream::connect(start(lean)).expect("the sandbox listens");
    bencher
        .counter(ItemsCount::new(messages))
        .counter(BytesCount::new(request.len()))
        .bench_local(|| exchange(&mut stream, &request));
}

/// A sandbox on a thread of its own, until the process ends.
fn start(lean: bool) -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.set_nonblocking(true).expect("a socket can be made non-blocking");
    let addr = listener.local_addr().expect("a bound socket has an address");
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).expect("a non-blocking listener");
            serve(listener, Options { lean, ..Options::default() }, std::future::pending::<()>()).await
        })
    });
    addr
}

fn exchange(stream: &mut TcpStream, request: &[u8]) {
    stream.write_all(request).expect("the sandbox reads");
    let mut answer = [0; 1024];
    let length = stream.read(&mut answer).expect("the sandbox answers");
    assert!(
        answer[..length].ends_with(b"{\"success\":true}"),
        "{}",
        String::from_utf8_lossy(&answer[..length])
    );
}

fn request(message_bytes: usize) -> (Vec<u8>, usize) {
    let count = (LARGEST_BATCH - 200) / (message_bytes + 1);
    let batch = (0..count.min(2500)).map(|number| message(number, message_bytes)).collect::<Vec<_>>();
    let body = json!({"writeKey": "sandbox-write-key", "batch": batch}).to_string();
    let head = format!("POST /v1/batch HTTP/1.1\r\nhost: sandbox\r\ncontent-length: {}\r\n\r\n", body.len());
    ([head.as_bytes(), body.as_bytes()].concat(), batch.len())
}

fn message(number: usize, bytes: usize) -> Value {
    let mut message = json!({
        "type": "track", "event": "Search Result Clicked", "userId": format!("user-{number}"),
        "timestamp": "2026-01-01T00:00:00.000Z", "properties": {"product_id": format!("sku-{number}")},
    });
    let padding = bytes.saturating_sub(message.to_string().len() + 13);
    message["properties"]["query"] = "q".repeat(padding).into();
    message
}
