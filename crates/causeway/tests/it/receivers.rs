//! Who is told in tests: HTTP servers, and a mail server.

use axum::Router;
use axum::extract::State;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::Value;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// A port that nobody answers at yet.
#[derive(Clone)]
struct Port {
    address: SocketAddr,
    listener: Arc<Mutex<Option<TcpListener>>>,
}

impl Port {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        Self { address: listener.local_addr().unwrap(), listener: Arc::new(Mutex::new(Some(listener))) }
    }

    fn listen(&self) -> tokio::net::TcpListener {
        tokio::net::TcpListener::from_std(self.listener.lock().unwrap().take().unwrap()).unwrap()
    }
}

/// What an HTTP server was sent, and answered with 200.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// An HTTP server that takes everything, or answers with another status.
#[derive(Clone)]
pub(crate) struct Place {
    port: Port,
    pub(crate) status: Arc<AtomicU16>,
    answer: String,
    taken: Arc<Mutex<Vec<Received>>>,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self::answering("ok")
    }

    pub(crate) fn answering(answer: &str) -> Self {
        let (status, taken) = (Arc::new(AtomicU16::new(200)), Arc::default());
        Self { port: Port::new(), status, answer: answer.to_owned(), taken }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.port.address)
    }

    /// Begins to answer, on the runtime that this is called on.
    pub(crate) fn open(&self) {
        let (listener, router) = (self.port.listen(), Router::new().fallback(take).with_state(self.clone()));
        tokio::spawn(async move { axum::serve(listener, router).await });
    }

    pub(crate) fn taken(&self) -> Vec<Received> {
        self.taken.lock().unwrap().clone()
    }

    pub(crate) fn count(&self) -> usize {
        self.taken().len()
    }

    pub(crate) fn bodies(&self) -> Vec<Value> {
        self.taken().iter().map(|taken| serde_json::from_slice(&taken.body).unwrap()).collect()
    }
}

async fn take(State(place): State<Place>, headers: HeaderMap, body: Bytes) -> (StatusCode, String) {
    let status = StatusCode::from_u16(place.status.load(Ordering::SeqCst)).unwrap();
    if status.is_success() {
        place.taken.lock().unwrap().push(Received { headers, body });
    }
    (status, place.answer.clone())
}

/// A mail server that asks for a password, and offers to encrypt if it has a certificate.
#[derive(Clone)]
pub(crate) struct MailServer {
    port: Port,
    acceptor: Option<TlsAcceptor>,
    mails: Arc<Mutex<Vec<String>>>,
    /// What was said before anything was encrypted.
    pub(crate) clear: Arc<Mutex<Vec<String>>>,
}

pub(crate) const LOGIN: (&str, &str) = ("causeway", "s3cret-mail");

impl MailServer {
    pub(crate) fn new() -> Self {
        Self { port: Port::new(), acceptor: None, mails: Arc::default(), clear: Arc::default() }
    }

    /// One for `localhost` that encrypts; its authority's certificate goes to a file.
    pub(crate) fn encrypted(authority: &Path) -> Self {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut parameters = rcgen::CertificateParams::new(Vec::new()).unwrap();
        parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let certificate = parameters.self_signed(&key).unwrap();
        std::fs::write(authority, certificate.pem()).unwrap();
        let issuer = rcgen::Issuer::new(parameters, key);
        let own_key = rcgen::KeyPair::generate().unwrap();
        let own = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let own = own.signed_by(&own_key, &issuer).unwrap();
        let key = PrivateKeyDer::try_from(own_key.serialize_der()).unwrap();
        let config = ServerConfig::builder().with_no_client_auth();
        let config = config.with_single_cert(vec![own.der().clone()], key).unwrap();
        Self { acceptor: Some(TlsAcceptor::from(Arc::new(config))), ..Self::new() }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port.address.port()
    }

    /// The mails, undone of quoted-printable's soft line ends.
    pub(crate) fn mails(&self) -> Vec<String> {
        self.mails.lock().unwrap().iter().map(|mail| mail.replace("=\r\n", "")).collect()
    }

    /// Begins to answer, on the runtime that this is called on.
    pub(crate) fn open(&self) {
        let (listener, server) = (self.port.listen(), self.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let server = server.clone();
                tokio::spawn(async move { server.serve(stream).await });
            }
        });
    }

    async fn serve(&self, mut stream: tokio::net::TcpStream) -> std::io::Result<()> {
        stream.write_all(b"220 test ESMTP\r\n").await?;
        let Some(stream) = self.talk(stream, false).await? else { return Ok(()) };
        let stream = self.acceptor.as_ref().unwrap().accept(stream).await?;
        self.talk(stream, true).await.map(drop)
    }

    /// Answers until the client leaves; gives the connection back if it is to be encrypted.
    async fn talk<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: S,
        secure: bool,
    ) -> std::io::Result<Option<S>> {
        let mut stream = BufReader::new(stream);
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(None);
            }
            if !secure {
                self.clear.lock().unwrap().push(line.clone());
            }
            let offer = if self.acceptor.is_some() && !secure { "250-STARTTLS\r\n" } else { "" };
            let answer = match line.split_whitespace().next().unwrap_or_default() {
                "EHLO" => format!("250-test\r\n{offer}250-AUTH PLAIN\r\n250 8BITMIME\r\n"),
                "AUTH" if is_right(&line) => "235 welcome\r\n".to_owned(),
                "AUTH" => "535 who are you\r\n".to_owned(),
                "DATA" => "354 go on\r\n".to_owned(),
                "STARTTLS" => "220 go on\r\n".to_owned(),
                "QUIT" => "221 bye\r\n".to_owned(),
                _ => "250 fine\r\n".to_owned(),
            };
            stream.get_mut().write_all(answer.as_bytes()).await?;
            if line.starts_with("STARTTLS") {
                return Ok(Some(stream.into_inner()));
            }
            if line.starts_with("DATA") {
                self.take(&mut stream).await?;
            }
        }
    }

    async fn take<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: &mut BufReader<S>,
    ) -> std::io::Result<()> {
        let mut mail = String::new();
        while !mail.ends_with("\r\n.\r\n") && stream.read_line(&mut mail).await? > 0 {}
        self.mails.lock().unwrap().push(mail);
        stream.get_mut().write_all(b"250 taken\r\n").await
    }
}

fn is_right(line: &str) -> bool {
    let given = line.split_whitespace().nth(2).and_then(|given| BASE64_STANDARD.decode(given).ok());
    given.is_some_and(|given| given == format!("\0{}\0{}", LOGIN.0, LOGIN.1).into_bytes())
}
