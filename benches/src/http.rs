//! Asking a server of ours something, now and then: one request, one connection.

use anyhow::{Context, bail};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// How long a server may take to start or to answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// `GET`; the body of a 200.
pub(crate) fn get(address: SocketAddr, path: &str) -> anyhow::Result<String> {
    exchange(address, &format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n"))
}

/// `POST` of JSON; the body of a 200.
pub(crate) fn post(address: SocketAddr, path: &str, body: &str) -> anyhow::Result<String> {
    post_with(address, path, "", body)
}

/// The same with further headers, each ended by a line break.
pub(crate) fn post_with(
    address: SocketAddr,
    path: &str,
    headers: &str,
    body: &str,
) -> anyhow::Result<String> {
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-type: application/json\r\n{headers}"
    );
    exchange(address, &format!("{head}content-length: {}\r\n\r\n{body}", body.len()))
}

/// Sends a whole request that asks for the connection to be closed; the body of a 200.
pub(crate) fn exchange(address: SocketAddr, request: &str) -> anyhow::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").context("the server's answer has no body")?;
    if !head.starts_with("HTTP/1.1 2") {
        bail!("{}: {body}", head.lines().next().unwrap_or_default());
    }
    Ok(body.to_owned())
}

/// Waits until the path answers with 200; how long it took.
pub(crate) fn wait_for(address: SocketAddr, path: &str) -> anyhow::Result<Duration> {
    let began = Instant::now();
    while get(address, path).is_err() {
        if began.elapsed() > PATIENCE {
            bail!("nothing answers on http://{address}{path}");
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    Ok(began.elapsed())
}

/// A free address on loopback.
pub(crate) fn free_address() -> anyhow::Result<SocketAddr> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}
