//! Receivers, as they are configured.

use crate::alerts::notice::Severity;
use crate::secret::Secret;
use http::Uri;
use lettre::message::Mailbox;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// A receiver, as it is configured.
#[derive(Debug, Clone)]
pub struct Target {
    /// Its kind and name: `slack.ops`.
    pub id: String,
    /// It gets nothing that is less severe.
    pub at_least: Severity,
    /// Where it is.
    pub to: To,
}

/// Where a receiver is.
#[derive(Debug, Clone)]
pub enum To {
    /// A Slack channel's incoming webhook.
    Slack {
        /// Its address, which is all that is needed to post there.
        url: Secret,
    },
    /// Mail.
    Mail(MailTarget),
    /// Any HTTP server.
    Webhook {
        /// Its address.
        url: Secret,
        /// What notices are signed with.
        secret: Secret,
    },
    /// A PagerDuty service.
    PagerDuty {
        /// The Events API's address.
        url: Uri,
        /// The service's integration key.
        routing_key: Secret,
    },
}

/// A mail server, and who gets mail.
#[derive(Debug, Clone)]
pub struct MailTarget {
    /// The server's host.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is encrypted.
    pub tls: Tls,
    /// A file with certificates (PEM) to trust besides the system's.
    pub ca_file: Option<PathBuf>,
    /// Name and password, if the server asks for them.
    pub login: Option<(String, Secret)>,
    /// Who writes.
    pub from: Mailbox,
    /// Who reads.
    pub to: Vec<Mailbox>,
}

/// How a connection to a mail server is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tls {
    /// It begins in clear and is encrypted before anything is said; usually port 587.
    Starttls,
    /// From the beginning; usually port 465.
    Tls,
    /// Never: for a relay on the same machine.
    None,
}
