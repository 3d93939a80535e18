//! Mail, by SMTP.

use super::{Failure, Letterhead, MailTarget, Notice, SHOWN, TIMEOUT, Tls, footnote, subject, text};
use crate::telemetry::signals::shortened;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls as Encryption, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use std::fmt::Write;

/// Characters of a subject.
const SUBJECT: usize = 150;

/// Sends mail to a few people.
pub(super) struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    to: Vec<Mailbox>,
}

impl std::fmt::Debug for Mailer {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The transport holds the password.
        out.debug_struct("Mailer").field("to", &self.to).finish_non_exhaustive()
    }
}

impl Mailer {
    pub(super) fn new(target: &MailTarget) -> std::io::Result<Self> {
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(target.host.as_str())
            .port(target.port)
            .tls(encryption(target)?)
            .hello_name(ClientId::default())
            .timeout(Some(TIMEOUT));
        if let Some((name, password)) = &target.login {
            builder = builder.credentials(Credentials::new(name.clone(), password.expose().to_owned()));
        }
        Ok(Self { transport: builder.build(), from: target.from.clone(), to: target.to.clone() })
    }

    pub(super) async fn send(&self, notices: &[Notice], head: &Letterhead, id: &str) -> Result<(), Failure> {
        let message = self.message(notices, head, id).map_err(|error| Failure::Refused(error.to_string()))?;
        let sent = tokio::time::timeout(TIMEOUT * 2, self.transport.send(message)).await;
        match sent {
            Ok(Ok(_)) => Ok(()),
            // Also what is refused for good: a mailbox or a right can be mended, and the next server says something else.
            Ok(Err(error)) => Err(Failure::Later(shortened(&chain(&error)), None)),
            Err(_) => Err(Failure::Later(format!("no answer within {:?}", TIMEOUT * 2), None)),
        }
    }

    fn message(
        &self,
        notices: &[Notice],
        head: &Letterhead,
        id: &str,
    ) -> Result<Message, lettre::error::Error> {
        let subject = super::cut(&shortened(&format!("[{}] {}", head.name, subject(notices))), SUBJECT);
        let domain = self.from.email.domain();
        let mut builder = Message::builder()
            .from(self.from.clone())
            .subject(subject)
            .message_id(Some(format!("<causeway.{id}@{domain}>")))
            // So that no holiday notice answers (RFC 3834).
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ))
            .header(ContentType::TEXT_PLAIN);
        for reader in &self.to {
            builder = builder.to(reader.clone());
        }
        builder.body(body(notices, head))
    }
}

fn encryption(target: &MailTarget) -> std::io::Result<Encryption> {
    if target.tls == Tls::None {
        return Ok(Encryption::None);
    }
    let mut parameters = TlsParameters::builder(target.host.clone());
    if let Some(path) = &target.ca_file {
        let read = std::fs::read(path).map_err(|error| unusable(&format!("{}: {error}", path.display())))?;
        let certificate = Certificate::from_pem(&read).map_err(|error| unusable(&error))?;
        parameters = parameters.add_root_certificate(certificate);
    }
    let parameters = parameters.build().map_err(|error| unusable(&error))?;
    Ok(match target.tls {
        Tls::Tls => Encryption::Wrapper(parameters),
        _ => Encryption::Required(parameters),
    })
}

fn unusable(error: &impl std::fmt::Display) -> std::io::Error {
    std::io::Error::other(format!("alerts.email: certificates can't be used: {error}"))
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let _ = write!(text, ": {cause}");
        source = cause.source();
    }
    text
}

fn body(notices: &[Notice], head: &Letterhead) -> String {
    let mut body = String::new();
    for notice in notices.iter().take(SHOWN) {
        let text = text(notice);
        let gap = if text.is_empty() { "" } else { "\n" };
        // Writing to a String can't fail.
        let _ = write!(body, "{}\n{text}{gap}{}\n\n", notice.headline(), footnote(notice));
    }
    if notices.len() > SHOWN {
        let _ = write!(body, "… and {} more\n\n", notices.len() - SHOWN);
    }
    let link = head.link.as_ref().map(|link| format!(", {link}")).unwrap_or_default();
    let _ = writeln!(body, "-- \nCauseway {}{link}", head.name);
    body
}
