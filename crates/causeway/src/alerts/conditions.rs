//! What is wrong, worked out of figures. Pure: the same figures, the same findings.

use super::figures::{Key, Snapshot, Vendor};
use super::notice::{Finding, Severity};
use super::rules::{Condition, Limits};
use crate::config::units::{Size, Span};
use crate::problems;
use crate::telemetry::signals::{Deaths, Fault};
use causeway_engine::flow::{DESTINATION_INSIGHTS, DESTINATION_PROFILES, DESTINATION_SEGMENT};
use std::collections::BTreeMap;

/// A key that expires within so many milliseconds is urgent.
const URGENT_MS: i64 = 86_400_000;

/// The store is not well if it was not read for so long, in milliseconds.
const UNREAD_MS: i64 = 120_000;

/// Everything that is wrong.
pub fn findings(figures: &Snapshot, limits: &Limits) -> Vec<Finding> {
    let all = [
        engine(figures),
        store(figures),
        damaged(figures),
        disk(figures, limits),
        backlog(figures, limits),
        ledger(figures),
        configuration(figures),
    ];
    let vendors = figures.vendors.iter().filter_map(|vendor| denied_or_failing(vendor, figures));
    let late = figures.vendors.iter().filter_map(|vendor| lag(vendor, figures, limits));
    let deaths = figures.deaths.iter().filter_map(|deaths| dead_letters(deaths, limits));
    let keys = figures.keys.iter().filter_map(|(name, key)| credentials(name, key, figures.now, limits));
    let found = all.into_iter().flatten().chain(vendors).chain(late).chain(deaths).chain(keys);
    found.filter(|(condition, _)| !limits.off.contains(condition)).map(|(_, finding)| finding).collect()
}

type Found = Option<(Condition, Finding)>;

/// A finding about one thing of those that the condition looks at; `about` may be empty.
fn finding(condition: Condition, about: &str, severity: Severity, title: String, text: String) -> Finding {
    let key = match about {
        "" => condition.word().to_owned(),
        about => format!("{}/{about}", condition.word()),
    };
    Finding { key, severity, title, text, facts: BTreeMap::new(), measure: 0.0, page: "alerts".to_owned() }
}

fn with<const N: usize>(finding: Finding, page: &str, facts: [(&str, String); N]) -> Finding {
    let facts = facts.into_iter().filter(|(_, value)| !value.is_empty());
    let facts = facts.map(|(name, value)| (name.to_owned(), value)).collect();
    Finding { facts, page: page.to_owned(), ..finding }
}

fn engine(figures: &Snapshot) -> Found {
    let found = || {
        let text = "Accepted events wait in the journal. The log says why; restart Causeway.";
        let title = "A part of Causeway stopped".to_owned();
        let stopped = finding(Condition::Engine, "", Severity::Critical, title, text.to_owned());
        with(stopped, "errors/store-damaged", [])
    };
    figures.part_stopped.then(|| (Condition::Engine, found()))
}

fn store(figures: &Snapshot) -> Found {
    let late = figures.stored.at > 0 && figures.now - figures.stored.at > UNREAD_MS;
    let unread = || late.then(|| "it was not read for two minutes".to_owned());
    let unwritten = || "the journal can't be written, so new requests get 503".to_owned();
    let unreadable = figures.stored.fault.clone();
    let fault = figures.store_fails.then(unwritten).or(unreadable).or_else(unread)?;
    let title = "The store fails".to_owned();
    let text = format!("{fault}. See the log, mend the disk and restart.");
    let failing = finding(Condition::Store, "", Severity::Critical, title, text);
    Some((Condition::Store, with(failing, "errors/store-damaged", [])))
}

fn damaged(figures: &Snapshot) -> Found {
    let records = figures.stored.damaged;
    let found = || {
        let title = "The disk has lost accepted requests".to_owned();
        let text = format!("{records} records of the journal can't be read any more and were passed over.");
        let lost = finding(Condition::Store, "damaged", Severity::Critical, title, text);
        let lost = with(lost, "errors/store-damaged", [("records", records.to_string())]);
        Finding { measure: records as f64, ..lost }
    };
    (records > 0).then(|| (Condition::Store, found()))
}

fn disk(figures: &Snapshot, limits: &Limits) -> Found {
    let free = figures.stored.disk_free;
    let below = |limit| free.is_some_and(|free| free < limit);
    let refusing = figures.disk_full || below(limits.disk_reserve);
    let severity = match () {
        () if refusing => Severity::Critical,
        () if below(limits.disk_free) => Severity::Warning,
        () => return None,
    };
    let title = if refusing { "The store's disk is full" } else { "The store's disk fills" };
    let left = free.map(size).unwrap_or_default();
    let text = match (refusing, left.as_str()) {
        (true, "") => "New requests get 503. Make room.".to_owned(),
        (true, left) => format!("{left} are left and new requests get 503. Make room."),
        (false, left) => {
            format!("{left} are left; below {} new requests get 503.", size(limits.disk_reserve))
        }
    };
    let full = finding(Condition::Disk, "", severity, title.to_owned(), text);
    Some((Condition::Disk, with(full, "errors/unavailable", [("free", left)])))
}

fn backlog(figures: &Snapshot, limits: &Limits) -> Found {
    let (waiting, bound) = (figures.backlog, figures.backlog_bound);
    let severity = match () {
        () if waiting > bound => Severity::Critical,
        () if waiting as f64 > bound as f64 * limits.backlog => Severity::Warning,
        () => return None,
    };
    let text = format!(
        "{} of accepted requests wait for the engine; beyond {} new ones get 429.",
        size(waiting),
        size(bound)
    );
    let behind = finding(Condition::Backlog, "", severity, "The engine is behind".to_owned(), text);
    Some((Condition::Backlog, with(behind, "errors/backlog-full", [("waiting", size(waiting))])))
}

fn ledger(figures: &Snapshot) -> Found {
    let (flow, off) = figures.stored.imbalance.iter().next()?;
    let more = match figures.stored.imbalance.len() - 1 {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    let text = format!("Flow {flow} is off by {off}{more}. This is a fault in Causeway; please report it.");
    let title = "The ledger does not balance".to_owned();
    let found = finding(Condition::Ledger, "", Severity::Critical, title, text);
    let facts = [("flow", flow.clone()), ("imbalance", off.to_string())];
    let measure = figures.stored.imbalance.values().map(|off| off.unsigned_abs()).sum::<u64>() as f64;
    Some((Condition::Ledger, Finding { measure, ..with(found, "ledger", facts) }))
}

fn configuration(figures: &Snapshot) -> Found {
    let fault = figures.configuration.as_ref()?;
    let title = "A changed configuration is not in effect".to_owned();
    let text = format!("Causeway goes on with the former one. {fault}");
    let refused = finding(Condition::Configuration, "", Severity::Warning, title, text);
    Some((Condition::Configuration, with(refused, "operations", [])))
}

fn denied_or_failing(vendor: &Vendor, figures: &Snapshot) -> Found {
    let trouble = vendor.trouble.as_ref()?;
    let name = spoken(vendor.destination);
    let (severity, title, page) = match trouble.fault {
        Fault::Denied => (Severity::Critical, format!("{name} denies access"), "errors/vendor-denied"),
        Fault::Failed => (Severity::Warning, format!("{name} takes nothing"), "errors/gave-up"),
    };
    let until = match trouble.fault {
        Fault::Denied => ", for as long as it takes: mend the credential",
        Fault::Failed => "; after delivery.give_up_after they become dead letters",
    };
    let text = format!(
        "For {} nothing was taken. Events are held and tried again{}. The vendor's words: {}",
        span(figures.now - trouble.since),
        until,
        trouble.words
    );
    let found = finding(Condition::Vendor, vendor.destination, severity, title, text);
    let facts = [("destination", vendor.destination.to_owned()), ("words", trouble.words.clone())];
    Some((Condition::Vendor, with(found, page, facts)))
}

fn lag(vendor: &Vendor, figures: &Snapshot, limits: &Limits) -> Found {
    let age = figures.now - figures.stored.oldest.get(vendor.destination)?;
    let severity = match age {
        age if age > limits.oldest_critical_ms => Severity::Critical,
        age if age > limits.oldest_ms => Severity::Warning,
        _ => return None,
    };
    let title = format!("Events wait for {}", spoken(vendor.destination));
    let text = format!("The oldest was accepted {} ago.", span(age));
    let late = finding(Condition::Lag, vendor.destination, severity, title, text);
    let facts = [("destination", vendor.destination.to_owned()), ("oldest", span(age))];
    Some((Condition::Lag, Finding { measure: age as f64, ..with(late, "delivery", facts) }))
}

fn dead_letters(deaths: &Deaths, limits: &Limits) -> Found {
    let Deaths { flow, destination, cause, count, example, words } = deaths;
    let severity = match *count {
        count if count >= limits.dead_letters_critical => Severity::Critical,
        count if count >= limits.dead_letters => Severity::Warning,
        _ => return None,
    };
    // Only a vendor's words: what we say of an event ourselves may quote it.
    let words = if matches!(cause.as_str(), "refused" | "gave-up") { words.as_str() } else { "" };
    let said = if words.is_empty() { String::new() } else { format!(" The vendor's words: {words}") };
    let text = format!(
        "{count} {} within {}, {}; the latest is {example}.{said}",
        if *count == 1 { "event died" } else { "events died" },
        span(limits.dead_letters_within_ms),
        problems::place(flow, destination),
    );
    let about = format!("{flow}/{destination}/{cause}");
    let title = format!("Dead letters: {flow}, {cause}");
    let found = finding(Condition::DeadLetters, &about, severity, title, text);
    let facts = [
        ("count", count.to_string()),
        ("flow", flow.clone()),
        ("destination", destination.clone()),
        ("cause", cause.clone()),
        ("example", example.clone()),
        ("words", words.to_owned()),
    ];
    Some((Condition::DeadLetters, Finding { measure: *count as f64, ..with(found, page(cause), facts) }))
}

/// The handbook's page about a cause of death.
fn page(cause: &str) -> &'static str {
    match cause {
        "invalid" => "errors/quarantined-events",
        "mapping" => "errors/mapping-faults",
        "plan" => "errors/plan-violations",
        "refused" => "errors/refused",
        "oversize" => "errors/oversize",
        "expired" => "errors/expired",
        "gave-up" => "errors/gave-up",
        _ => "delivery",
    }
}

fn credentials(name: &str, key: &Key, now: i64, limits: &Limits) -> Found {
    let (severity, title, text) = match key {
        Key::Refused(words) => {
            let text = format!("Make a new key and set it. The vendor's words: {words}");
            (Severity::Critical, format!("{name} is refused"), text)
        }
        Key::Fine { expires_at: Some(at) } if at - now <= limits.key_expires_ms => {
            let severity = if at - now <= URGENT_MS { Severity::Critical } else { Severity::Warning };
            let text = format!("It works for another {}. Make a new key and set it.", span(at - now));
            (severity, format!("{name} expires"), text)
        }
        Key::Fine { .. } => return None,
    };
    let found = finding(Condition::Credentials, name, severity, title, text);
    Some((Condition::Credentials, with(found, "errors/vendor-denied", [("setting", name.to_owned())])))
}

fn spoken(destination: &str) -> &str {
    match destination {
        DESTINATION_SEGMENT => "Segment",
        DESTINATION_INSIGHTS => "Algolia Insights",
        DESTINATION_PROFILES => "Algolia Search",
        other => other,
    }
}

/// A length of time in its two largest units.
fn span(ms: i64) -> String {
    let seconds = (ms / 1_000).max(0) as u64;
    let unit = [86_400, 3_600, 60].into_iter().find(|unit| seconds >= *unit).unwrap_or(1);
    let finer = match unit {
        86_400 => 3_600,
        3_600 => 60,
        _ => 1,
    };
    Span::ms(seconds / finer * finer * 1_000).to_string()
}

/// A size in its largest unit.
fn size(bytes: u64) -> String {
    let units = [(1_u64 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    match units.into_iter().find(|(unit, _)| bytes >= *unit) {
        Some((unit, name)) => format!("{:.1} {name}", bytes as f64 / unit as f64),
        None => Size(bytes).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::figures::Stored;
    use super::*;
    use crate::telemetry::signals::Trouble;
    use Severity::{Critical, Warning};

    const HOUR: i64 = 3_600_000;

    fn limits() -> Limits {
        Limits {
            oldest_ms: HOUR,
            oldest_critical_ms: 4 * HOUR,
            backlog: 0.5,
            dead_letters: 2,
            dead_letters_critical: 100,
            dead_letters_within_ms: HOUR,
            disk_free: 2_000,
            disk_reserve: 1_000,
            key_expires_ms: 14 * 24 * HOUR,
            off: Vec::new(),
        }
    }

    fn fine() -> Snapshot {
        Snapshot {
            now: 100 * HOUR,
            backlog_bound: 1_000,
            vendors: vec![Vendor { destination: "segment", trouble: None }],
            stored: Stored { at: 100 * HOUR, disk_free: Some(5_000), ..Stored::default() },
            ..Snapshot::default()
        }
    }

    /// What is found, with the severity, when this differs from a bridge that is well.
    fn found(change: impl FnOnce(&mut Snapshot)) -> Vec<(String, Severity)> {
        let mut figures = fine();
        change(&mut figures);
        let found = findings(&figures, &limits()).into_iter();
        found.map(|finding| (finding.key, finding.severity)).collect()
    }

    fn one(key: &str, severity: Severity) -> Vec<(String, Severity)> {
        vec![(key.to_owned(), severity)]
    }

    fn deaths(count: u64) -> Deaths {
        let word = str::to_owned;
        Deaths {
            flow: word("f"),
            destination: word("segment"),
            cause: word("refused"),
            count,
            example: word("dl-1"),
            words: word("no such field"),
        }
    }

    #[test]
    fn nothing_is_wrong_with_a_bridge_that_is_well() {
        assert_eq!(found(|_| ()), []);
    }

    #[test]
    fn a_part_that_stopped_a_store_that_fails_and_an_imbalance_are_critical() {
        assert_eq!(found(|figures| figures.part_stopped = true), one("engine", Critical));
        assert_eq!(found(|figures| figures.store_fails = true), one("store", Critical));
        assert_eq!(found(|figures| figures.stored.fault = Some("no".to_owned())), one("store", Critical));
        assert_eq!(found(|figures| figures.stored.at -= UNREAD_MS + 1), one("store", Critical));
        assert_eq!(found(|figures| figures.stored.damaged = 3), one("store/damaged", Critical));
        let refused = |figures: &mut Snapshot| figures.configuration = Some("line 3".to_owned());
        assert_eq!(found(refused), one("configuration", Warning));
        let imbalance = |figures: &mut Snapshot| _ = figures.stored.imbalance.insert("f".to_owned(), -2);
        assert_eq!(found(imbalance), one("ledger", Critical));
    }

    #[test]
    fn a_disk_that_fills_is_told_before_it_is_full() {
        assert_eq!(found(|figures| figures.stored.disk_free = Some(1_999)), one("disk", Warning));
        assert_eq!(found(|figures| figures.stored.disk_free = Some(999)), one("disk", Critical));
        assert_eq!(found(|figures| figures.disk_full = true), one("disk", Critical));
        assert_eq!(found(|figures| figures.stored.disk_free = None), []);
    }

    #[test]
    fn what_waits_is_told_when_it_is_much_or_old() {
        assert_eq!(found(|figures| figures.backlog = 501), one("backlog", Warning));
        assert_eq!(found(|figures| figures.backlog = 1_001), one("backlog", Critical));
        let waiting = |hours: i64| {
            found(|figures| _ = figures.stored.oldest.insert("segment", figures.now - hours * HOUR - 1))
        };
        assert_eq!(waiting(0), []);
        assert_eq!(waiting(1), one("lag/segment", Warning));
        assert_eq!(waiting(4), one("lag/segment", Critical));
    }

    #[test]
    fn a_vendor_that_denies_access_is_critical_and_its_words_are_told() {
        let mut figures = fine();
        let mut failing = |fault| {
            let words = "status 401: no such key".to_owned();
            let trouble = Trouble { fault, since: figures.now - 90_000, words };
            figures.vendors[0].trouble = Some(trouble);
            findings(&figures, &limits()).remove(0)
        };
        let denied = failing(Fault::Denied);
        assert_eq!((denied.key.as_str(), denied.severity), ("vendor/segment", Critical));
        assert_eq!(
            (denied.title.as_str(), denied.page.as_str()),
            ("Segment denies access", "errors/vendor-denied")
        );
        assert!(
            denied.text.contains("1m 30s") && denied.text.ends_with("status 401: no such key"),
            "{denied:?}"
        );
        assert_eq!(
            (failing(Fault::Failed).key.as_str(), failing(Fault::Failed).severity),
            ("vendor/segment", Warning)
        );
    }

    #[test]
    fn dead_letters_are_one_finding_a_flow_and_cause_with_count_and_example() {
        let died = |count| found(|figures| figures.deaths = vec![deaths(count)]);
        assert_eq!(died(1), []);
        assert_eq!(died(2), one("dead-letters/f/segment/refused", Warning));
        assert_eq!(died(100), one("dead-letters/f/segment/refused", Critical));
        let finding = dead_letters(&deaths(38), &limits()).unwrap().1;
        assert_eq!(
            finding.text,
            "38 events died within 1h, of flow f on the way to segment; the latest is dl-1. The vendor's words: no such field"
        );
        let ours = Deaths { cause: "invalid".to_owned(), ..deaths(38) };
        let finding = dead_letters(&ours, &limits()).unwrap().1;
        assert!(
            !finding.text.contains("no such field"),
            "our own words may quote an event: {}",
            finding.text
        );
        assert_eq!(finding.facts.get("words"), None);
    }

    #[test]
    fn a_key_that_expires_soon_or_is_refused_is_told() {
        let key = |key| found(|figures| _ = figures.keys.insert("algolia.api_key", key));
        let expires = |days: i64| key(Key::Fine { expires_at: Some((100 + 24 * days) * HOUR) });
        assert_eq!(expires(15), []);
        assert_eq!(key(Key::Fine { expires_at: None }), []);
        assert_eq!(expires(14), one("credentials/algolia.api_key", Warning));
        assert_eq!(expires(1), one("credentials/algolia.api_key", Critical));
        assert_eq!(key(Key::Refused("403".to_owned())), one("credentials/algolia.api_key", Critical));
    }

    #[test]
    fn what_the_operator_switched_off_is_not_told() {
        let figures = Snapshot { part_stopped: true, disk_full: true, ..fine() };
        let limits = Limits { off: vec![Condition::Disk], ..limits() };
        let found: Vec<String> = findings(&figures, &limits).into_iter().map(|finding| finding.key).collect();
        assert_eq!(found, ["engine"]);
    }
}
