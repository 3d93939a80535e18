//! Who is told what is wrong, and when: checked.

use super::checked::origin;
use super::settings::{self, Settings};
use super::source::Problem;
use crate::alerts::receivers::{Letterhead, MailTarget, SECRET_PREFIX, Target, Tls, To};
use crate::alerts::{Limits, QuietHours, Rules, Severity, Timing};
use crate::secret::Secret;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::Uri;
use jiff::civil::Time;
use jiff::tz::TimeZone;
use lettre::message::Mailbox;
use std::path::Path;

/// Where PagerDuty takes events (<https://developer.pagerduty.com/docs/events-api-v2-overview>).
const PAGERDUTY: &str = "https://events.pagerduty.com/v2/enqueue";

/// Signs of a PagerDuty integration key.
const ROUTING_KEY: usize = 32;

/// Dead letters are counted over at most this, in milliseconds: it is kept in memory.
const LONGEST_COUNT_MS: i64 = 86_400_000;

/// Who is told what, and when.
#[derive(Debug, Clone)]
pub struct Alerts {
    /// What goes into every message.
    pub letterhead: Letterhead,
    /// What is told when.
    pub rules: Rules,
    /// Who is told.
    pub targets: Vec<Target>,
}

pub(super) fn check(settings: &Settings, home: &Path) -> Result<Alerts, Problem> {
    let alerts = &settings.alerts;
    if alerts.every.0.is_zero() {
        return Err(faulty("every", "nothing can be looked at without a pause; give at least \"1s\""));
    }
    if let Some(link) = &alerts.link {
        origin("alerts.link", link)?;
    }
    let rules = Rules {
        every: alerts.every.0,
        timing: timing(alerts)?,
        limits: limits(settings)?,
        quiet: quiet(&alerts.quiet_hours)?,
    };
    let letterhead = Letterhead { name: name(alerts)?, link: alerts.link.clone() };
    Ok(Alerts { letterhead, rules, targets: targets(alerts, home)? })
}

fn faulty(key: &str, message: impl std::fmt::Display) -> Problem {
    Problem::invalid(format!("alerts.{key}: {message}"))
}

fn name(alerts: &settings::Alerts) -> Result<String, Problem> {
    let fits = |name: &str| !name.is_empty() && name.len() <= 100 && !name.chars().any(char::is_control);
    let name = alerts.name.trim();
    fits(name).then(|| name.to_owned()).ok_or_else(|| {
        faulty("name", "is empty, too long or no plain text; give a short name such as \"production\"")
    })
}

fn timing(alerts: &settings::Alerts) -> Result<Timing, Problem> {
    if alerts.grown.is_nan() || alerts.grown <= 1.0 {
        return Err(faulty(
            "grown",
            format!("{} is no growth; give a factor above 1, such as 10.0", alerts.grown),
        ));
    }
    if alerts.remind.0.is_zero() {
        return Err(faulty("remind", "would remind without end; give a time such as \"4h\""));
    }
    Ok(Timing {
        hold_ms: alerts.hold.as_ms(),
        recover_ms: alerts.recover.as_ms(),
        remind_ms: alerts.remind.as_ms(),
        grown: alerts.grown,
    })
}

fn limits(settings: &Settings) -> Result<Limits, Problem> {
    let given = &settings.alerts.thresholds;
    if !(0.0..=1.0).contains(&given.backlog) {
        return Err(faulty(
            "thresholds.backlog",
            format!("{} is no share; give 0.5 for half", given.backlog),
        ));
    }
    if given.dead_letters == 0 {
        let message = "0 are always there; give at least 1, or switch it off: off = [\"dead-letters\"]";
        return Err(faulty("thresholds.dead_letters", message));
    }
    let within = given.dead_letters_within.as_ms();
    if within == 0 || within > LONGEST_COUNT_MS {
        return Err(faulty("thresholds.dead_letters_within", "give a time of at most a day, such as \"1h\""));
    }
    Ok(Limits {
        oldest_ms: given.oldest_waiting.as_ms(),
        oldest_critical_ms: given.oldest_waiting_critical.as_ms(),
        backlog: given.backlog,
        dead_letters: given.dead_letters,
        dead_letters_critical: given.dead_letters_critical,
        dead_letters_within_ms: within,
        disk_free: given.disk_free.0,
        disk_reserve: settings.store.reserve.0,
        key_expires_ms: given.key_expires.as_ms(),
        off: settings.alerts.off.clone(),
    })
}

fn quiet(given: &settings::QuietHours) -> Result<Option<QuietHours>, Problem> {
    let (from, to) = match (&given.from, &given.to) {
        (None, None) => return Ok(None),
        (Some(from), Some(to)) => (time("from", from)?, time("to", to)?),
        (None, Some(_)) => return Err(faulty("quiet_hours.from", "missing; quiet hours have two ends")),
        (Some(_), None) => return Err(faulty("quiet_hours.to", "missing; quiet hours have two ends")),
    };
    if from == to {
        return Err(faulty("quiet_hours.to", "is the same as from; give another time"));
    }
    let zone = TimeZone::get(&given.time_zone).map_err(|_| {
        let message =
            format!("there is no time zone {:?}; write one like \"Europe/Berlin\"", given.time_zone);
        faulty("quiet_hours.time_zone", message)
    })?;
    Ok(Some(QuietHours { from, to, zone, critical_passes: given.critical_passes }))
}

fn time(key: &str, text: &str) -> Result<Time, Problem> {
    let message = || format!("{text:?} is no time of day; write one like \"22:00\"");
    text.parse().map_err(|_| faulty(&format!("quiet_hours.{key}"), message()))
}

fn targets(alerts: &settings::Alerts, home: &Path) -> Result<Vec<Target>, Problem> {
    let mut targets = Vec::new();
    for (name, slack) in &alerts.slack {
        let key = format!("slack.{name}");
        let to = To::Slack { url: url(&key, &slack.url)? };
        targets.push(target(key, slack.at_least, to)?);
    }
    for (name, email) in &alerts.email {
        let key = format!("email.{name}");
        let to = To::Mail(mail(&key, email, home)?);
        targets.push(target(key, email.at_least, to)?);
    }
    for (name, webhook) in &alerts.webhook {
        let key = format!("webhook.{name}");
        let to = To::Webhook { url: url(&key, &webhook.url)?, secret: secret(&key, &webhook.secret)? };
        targets.push(target(key, webhook.at_least, to)?);
    }
    for (name, pagerduty) in &alerts.pagerduty {
        let key = format!("pagerduty.{name}");
        let to = page(&key, pagerduty)?;
        targets.push(target(key, pagerduty.at_least, to)?);
    }
    Ok(targets)
}

/// The names are part of labels and commands.
fn target(id: String, at_least: Option<Severity>, to: To) -> Result<Target, Problem> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if !id.bytes().all(fits) || id.ends_with('.') {
        return Err(faulty(&id, "a name has letters, digits, `-` and `_`; choose such a one"));
    }
    Ok(Target { id, at_least: at_least.unwrap_or(Severity::Warning), to })
}

/// The address is a secret itself, so no message repeats it.
fn url(key: &str, url: &Secret) -> Result<Secret, Problem> {
    let parsed: Option<Uri> = url.expose().parse().ok();
    let fits =
        parsed.is_some_and(|url| matches!(url.scheme_str(), Some("http" | "https")) && url.host().is_some());
    let message = "is no URL; write one like \"https://host/path\", or ${NAME} for an environment variable";
    if fits { Ok(url.clone()) } else { Err(faulty(&format!("{key}.url"), message)) }
}

fn secret(key: &str, secret: &Secret) -> Result<Secret, Problem> {
    let key = format!("{key}.secret");
    if secret.is_empty() {
        return Err(faulty(&key, "is empty; receivers could not tell who writes. Give a long random text"));
    }
    let encoded = secret.expose().strip_prefix(SECRET_PREFIX);
    if encoded.is_some_and(|encoded| BASE64_STANDARD.decode(encoded).is_err()) {
        return Err(faulty(&key, "begins with whsec_, and the rest is no base64; copy it again"));
    }
    Ok(secret.clone())
}

fn page(key: &str, given: &settings::PagerDuty) -> Result<To, Problem> {
    let url = given.url.as_deref().unwrap_or(PAGERDUTY);
    let url = origin(&format!("alerts.{key}.url"), url)?;
    if given.routing_key.expose().len() != ROUTING_KEY {
        let message = format!(
            "is no integration key of PagerDuty's Events API v2, which has {ROUTING_KEY} signs; copy it from the service's integrations"
        );
        return Err(faulty(&format!("{key}.routing_key"), message));
    }
    Ok(To::PagerDuty { url, routing_key: given.routing_key.clone() })
}

fn mail(key: &str, given: &settings::Email, home: &Path) -> Result<MailTarget, Problem> {
    let faulty = |name: &str, message: &str| faulty(&format!("{key}.{name}"), message);
    let tls = given.tls.unwrap_or(Tls::Starttls);
    if given.host.is_empty() {
        return Err(faulty("host", "is empty; name the mail server"));
    }
    if given.to.is_empty() {
        return Err(faulty("to", "is empty; give at least one address"));
    }
    let login = match (&given.username, &given.password) {
        (None, None) => None,
        (Some(name), Some(password)) => Some((name.clone(), password.clone())),
        (Some(_), None) => {
            return Err(faulty("password", "missing, and there is a username; give both or none"));
        }
        (None, Some(_)) => {
            return Err(faulty("username", "missing, and there is a password; give both or none"));
        }
    };
    if tls == Tls::None && login.is_some() && !super::checked::on_loopback(&given.host) {
        return Err(faulty(
            "tls",
            "with none the password would be sent in clear; write \"starttls\" or \"tls\"",
        ));
    }
    let mailbox = |name: &str, text: &str| {
        let message = format!("{text:?} is no mail address; write one like \"ops@example.com\"");
        text.parse::<Mailbox>().map_err(|_| faulty(name, &message))
    };
    let port = match tls {
        Tls::Starttls => 587,
        Tls::Tls => 465,
        Tls::None => 25,
    };
    Ok(MailTarget {
        host: given.host.clone(),
        port: given.port.unwrap_or(port),
        tls,
        ca_file: given.ca_file.as_ref().map(|path| home.join(path)),
        login,
        from: mailbox("from", &given.from)?,
        to: given.to.iter().map(|text| mailbox("to", text)).collect::<Result<_, _>>()?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::source::{Nowhere, parse};
    use super::*;

    fn checked(text: &str) -> Result<Alerts, String> {
        let settings = parse(text, std::iter::empty(), &Nowhere).map_err(|problem| problem.to_string())?;
        check(&settings, Path::new("home")).map_err(|problem| problem.to_string())
    }

    const MAIL: &str = "[alerts.email.ops]\nhost = \"mail\"\nfrom = \"Causeway <c@example.com>\"\nto = [\"ops@example.com\"]\n";

    #[test]
    fn receivers_are_named_by_kind_and_name_with_sensible_defaults() {
        let key = "0123456789abcdef0123456789abcdef";
        let text = format!(
            "{MAIL}[alerts.slack.ops]\nurl = \"https://h/s\"\n[alerts.webhook.own]\nurl = \"http://h\"\nsecret = \"s\"\n\
             [alerts.pagerduty.night]\nrouting_key = \"{key}\"\nat_least = \"critical\"\n"
        );
        let targets = checked(&text).unwrap().targets;
        let named: Vec<(&str, Severity)> =
            targets.iter().map(|target| (target.id.as_str(), target.at_least)).collect();
        let expected = [
            ("slack.ops", Severity::Warning),
            ("email.ops", Severity::Warning),
            ("webhook.own", Severity::Warning),
            ("pagerduty.night", Severity::Critical),
        ];
        assert_eq!(named, expected);
        let To::Mail(mail) = &targets[1].to else { panic!("{targets:?}") };
        assert_eq!((mail.port, mail.tls), (587, Tls::Starttls));
    }

    #[test]
    fn what_is_wrong_is_refused_by_name_and_no_secret_is_repeated() {
        let webhook = |secret: &str| format!("[alerts.webhook.x]\nurl = \"http://h\"\nsecret = \"{secret}\"");
        for (text, key) in [
            ("[alerts.slack.x]\nurl = \"s3cret\"", "alerts.slack.x.url"),
            ("[alerts.slack.\"a b\"]\nurl = \"https://s3cret\"", "alerts.slack.a b"),
            ("[alerts.pagerduty.x]\nrouting_key = \"s3cret\"", "alerts.pagerduty.x.routing_key"),
            (&webhook(""), "alerts.webhook.x.secret"),
            (&webhook("whsec_s3cret!"), "alerts.webhook.x.secret"),
            (&format!("{MAIL}username = \"u\""), "alerts.email.ops.password"),
            (
                &format!("{MAIL}username = \"u\"\npassword = \"s3cret\"\ntls = \"none\""),
                "alerts.email.ops.tls",
            ),
            (&MAIL.replace("ops@example.com", "ops"), "alerts.email.ops.to"),
            ("[alerts.quiet_hours]\nfrom = \"22:00\"", "alerts.quiet_hours.to"),
            ("[alerts.quiet_hours]\nfrom = \"22:00\"\nto = \"25:00\"", "alerts.quiet_hours.to"),
            ("[alerts.quiet_hours]\nfrom = \"22:00\"\nto = \"22:00\"", "alerts.quiet_hours.to"),
            (
                "[alerts.quiet_hours]\nfrom = \"22:00\"\nto = \"07:00\"\ntime_zone = \"Berlin\"",
                "alerts.quiet_hours.time_zone",
            ),
            ("[alerts]\ngrown = 1.0", "alerts.grown"),
            ("[alerts]\noff = [\"disc\"]", "alerts.off"),
            ("[alerts.thresholds]\ndead_letters = 0", "alerts.thresholds.dead_letters"),
            ("[alerts]\nevery = \"0s\"", "alerts.every"),
        ] {
            let message = checked(text).map(drop).unwrap_err();
            assert!(message.starts_with(key) && !message.contains("s3cret"), "{text}: {message}");
        }
    }

    #[test]
    fn secrets_of_receivers_are_masked_where_the_configuration_is_shown() {
        let text = format!(
            "{MAIL}username = \"u\"\npassword = \"s3cret\"\n[alerts.slack.x]\nurl = \"https://h/s3cret\"\n\
             [alerts.webhook.x]\nurl = \"https://h/s3cret\"\nsecret = \"s3cret\"\n[alerts.pagerduty.x]\nrouting_key = \"s3cret\"\n"
        );
        let settings = parse(&text, std::iter::empty(), &Nowhere).unwrap();
        let shown = toml::to_string(&settings).unwrap();
        assert!(shown.contains("[alerts.slack.x]") && !shown.contains("s3cret"), "{shown}");
        assert!(!format!("{settings:?}").contains("s3cret"));
    }
}
