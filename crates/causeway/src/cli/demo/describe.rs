//! What a shopper did, in one line.

use super::width::fit;
use causeway_sandbox::shoppers::{Action, Outcome, Twist, Verb};

/// How much of an id, a query and an object is shown.
const WHO: usize = 14;
const QUERY: usize = 22;
const OBJECT: usize = 26;

/// One line about what a shopper did.
pub(super) fn describe(action: &Action) -> String {
    let who = fit(action.customer.as_deref().unwrap_or(&action.token), WHO);
    let query = action.query.as_deref().map(|query| fit(&format!("{query:?}"), QUERY)).unwrap_or_default();
    let (verb, object, odd) = (verb(action.verb), fit(&object(action), OBJECT), odd(action));
    format!("{who:WHO$}  {verb:12}  {query:QUERY$}  {object}{odd}").trim_end().to_owned()
}

fn verb(verb: Verb) -> &'static str {
    match verb {
        Verb::Arrive => "arrives",
        Verb::Search => "searches",
        Verb::SeeResults => "sees results",
        Verb::Filter => "filters",
        Verb::Click => "clicks",
        Verb::View => "views",
        Verb::AddToCart => "adds to cart",
        Verb::LogIn => "logs in",
        Verb::Buy => "buys",
        Verb::Leave => "leaves",
        Verb::EnterAudience => "enters",
        Verb::LeaveAudience => "drops out",
    }
}

/// What it was done with; of a search, what it found.
fn object(action: &Action) -> String {
    match (action.verb, action.hits) {
        (Verb::Search, Some(0)) => "finds nothing".to_owned(),
        (Verb::Search, Some(hits)) => format!("finds {hits}"),
        _ => action.object.clone().unwrap_or_default(),
    }
}

/// What does not go without saying.
fn odd(action: &Action) -> String {
    let twist = match action.twist {
        Twist::None => "",
        Twist::Duplicate => "  (sent twice)",
        Twist::Invalid => "  (partly invalid)",
    };
    let answer = match &action.outcome {
        Outcome::Silent | Outcome::Answered(200) => String::new(),
        Outcome::Answered(status) => format!("  status {status}"),
        Outcome::Failed(why) => format!("  failed: {why}"),
    };
    format!("{twist}{answer}")
}
