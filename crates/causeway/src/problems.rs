//! Dead letters grouped into problems: the same flow, destination and cause, and reasons that differ only in what they
//! quote.

use causeway_store::state::{DeadLetterReason, DeadLetterStatus};
use causeway_store::{Error, State};
use serde::Serialize;
use std::collections::BTreeMap;

/// What is wrong with some dead letters, told once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Its id, the same as long as the problem is the same.
    pub id: String,
    /// The flow.
    pub flow: String,
    /// The destination's name, or the intake's.
    pub destination: String,
    /// The word for the cause.
    pub cause: String,
    /// What the reasons have in common; `…` stands for what differs.
    pub pattern: String,
    /// How many dead letters there are.
    pub count: u64,
    /// When the first died, in milliseconds since the Unix epoch.
    pub first: i64,
    /// When the last died.
    pub last: i64,
    /// One of the reasons, whole.
    pub reason: String,
    /// The id of the dead letter that died of it.
    pub example: String,
    /// What to do about it.
    pub advice: &'static str,
}

/// The problems of all dead letters that wait for a decision, the largest first.
pub fn read(state: &dyn State) -> Result<Vec<Problem>, Error> {
    Ok(group(state.dead_letter_reasons(DeadLetterStatus::Dead)?))
}

/// Groups reasons into problems.
pub fn group(reasons: Vec<DeadLetterReason>) -> Vec<Problem> {
    let mut problems: BTreeMap<String, Problem> = BTreeMap::new();
    for reason in reasons {
        let problem = Problem::of(reason);
        match problems.get_mut(&problem.id) {
            Some(known) => known.join(problem),
            None => drop(problems.insert(problem.id.clone(), problem)),
        }
    }
    let mut problems: Vec<Problem> = problems.into_values().collect();
    problems.sort_by(|one, other| other.count.cmp(&one.count).then(other.last.cmp(&one.last)));
    problems
}

/// Where dead letters of a flow died, in words. What an intake found invalid was on no way yet.
pub fn place(flow: &str, destination: &str) -> String {
    if flow == destination {
        format!("at the {flow}")
    } else {
        format!("of flow {flow} on the way to {destination}")
    }
}

/// The id of the problem that a dead letter belongs to.
pub fn id_of(flow: &str, destination: &str, cause: &str, reason: &str) -> String {
    let whole = [flow, destination, cause, &pattern(reason)].join("\n");
    format!("{:016x}", xxhash_rust::xxh3::xxh3_64(whole.as_bytes()))
}

impl Problem {
    fn of(reason: DeadLetterReason) -> Self {
        let DeadLetterReason { flow, destination, cause, reason, count, first, last, example } = reason;
        Self {
            id: id_of(&flow, &destination, &cause, &reason),
            pattern: pattern(&reason),
            advice: advice(&cause, &destination),
            flow,
            destination,
            cause,
            count,
            first,
            last,
            reason,
            example,
        }
    }

    fn join(&mut self, other: Self) {
        self.count += other.count;
        self.first = self.first.min(other.first);
        if other.last > self.last {
            (self.last, self.reason, self.example) = (other.last, other.reason, other.example);
        }
    }
}

/// A reason without what it quotes, counts or numbers.
pub(crate) fn pattern(reason: &str) -> String {
    let mut pattern = String::with_capacity(reason.len());
    let mut rest = reason;
    while let Some(next) = rest.chars().next() {
        let varying = quoted(rest).or_else(|| word_with_digits(rest, &pattern)).unwrap_or(0);
        if varying > 0 {
            pattern.push('…');
            rest = &rest[varying..];
        } else {
            pattern.push(next);
            rest = &rest[next.len_utf8()..];
        }
    }
    pattern
}

/// Bytes of what stands in quotes at the beginning, quotes included.
fn quoted(text: &str) -> Option<usize> {
    let inside = text.strip_prefix('"')?;
    let escaped = |at: usize| inside[..at].bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1;
    inside.match_indices('"').find(|(at, _)| !escaped(*at)).map(|(at, _)| at + 2)
}

/// Bytes of the word at the beginning if it has a digit, such as an id, a time or a count.
fn word_with_digits(text: &str, before: &str) -> Option<usize> {
    let part_of_word = |letter: char| letter.is_alphanumeric() || "_-".contains(letter);
    if before.chars().next_back().is_some_and(part_of_word) {
        return None;
    }
    let end = text.find(|letter: char| !part_of_word(letter)).unwrap_or(text.len());
    text[..end].contains(|letter: char| letter.is_ascii_digit()).then_some(end)
}

/// What an operator does first; the handbook's pages on each cause say more.
fn advice(cause: &str, destination: &str) -> &'static str {
    match (cause, destination) {
        ("invalid", _) => {
            "Whoever sends these events breaks the vendor's rules: mend the sender, then repair the payload and retry."
        }
        ("mapping", _) => {
            "Mend the flow's mapping (try it with `causeway flow test`), import it, then retry."
        }
        ("plan", _) => {
            "Mend the mapping or the tracking plan (see `causeway plan report`), import it, then retry."
        }
        ("refused", "profiles") => {
            "The record is more than the plan takes: send fewer traits or set algolia.max_record_size; the person's next change writes it anew."
        }
        ("refused", _) => {
            "The vendor refuses what the flow makes: mend the flow, repair the payload and retry, or discard."
        }
        ("oversize", _) => {
            "It is larger than the vendor takes: leave out properties in the flow's mapping; repair the payload or discard."
        }
        ("expired", _) => "It was too old when it could be sent: discard it; look why it had to wait.",
        ("gave-up", _) => "The vendor took nothing for too long: see that it does now, then retry all.",
        _ => "Look at the payload and the attempts of the example.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(flow: &str, reason: &str, count: u64, last: i64) -> DeadLetterReason {
        DeadLetterReason {
            flow: flow.into(),
            destination: "segment".into(),
            cause: "refused".into(),
            reason: reason.into(),
            count,
            first: last - 1,
            last,
            example: format!("letter-{last}"),
        }
    }

    #[test]
    fn reasons_that_differ_in_what_they_quote_or_count_are_one_problem() {
        let problems = group(vec![
            reason("a", r#"eventType: "klick" is not one of click, view"#, 1, 10),
            reason("a", r#"eventType: "vi\"ew" is not one of click, view"#, 2, 30),
            reason("a", "event u-17 is 45 days old", 1, 20),
            reason("a", "event u-9 is 31 days old", 1, 25),
            reason("b", r#"eventType: "klick" is not one of click, view"#, 1, 40),
        ]);
        let told = problems
            .iter()
            .map(|problem| (&*problem.flow, &*problem.pattern, problem.count, problem.first, problem.last));
        let expected = [
            ("a", "eventType: … is not one of click, view", 3, 9, 30),
            ("a", "event … is … days old", 2, 19, 25),
            ("b", "eventType: … is not one of click, view", 1, 39, 40),
        ];
        assert_eq!(told.collect::<Vec<_>>(), expected);
        assert_eq!(
            (&*problems[0].example, &*problems[0].reason),
            ("letter-30", r#"eventType: "vi\"ew" is not one of click, view"#)
        );
        assert_eq!(
            problems[0].id,
            id_of("a", "segment", "refused", r#"eventType: "x" is not one of click, view"#)
        );
    }

    #[test]
    fn a_reason_with_nothing_that_varies_is_its_own_pattern() {
        for reason in ["400: no such key", "an \"open quote", "", "Zeichen ü … 例"] {
            let expected = reason.replace("400", "…");
            assert_eq!(pattern(reason), expected);
        }
    }
}
