//! Of people and what they look for.

use clap::Args;

#[derive(Debug, Args)]
pub(in crate::cli) struct Forget {
    /// A user id, an anonymous id or an Algolia token of the person
    pub id: String,
    /// Only order it; the receipt is at the admin API
    #[arg(long)]
    pub no_wait: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Person {
    /// A user id, an anonymous id, or an Algolia token
    pub id: String,
    /// Send to Segment again what was sent as another person's, under ids of its own
    #[arg(long)]
    pub repair: bool,
    /// With --repair: only list it; exit 1 if there is anything
    #[arg(long, requires = "repair")]
    pub dry_run: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ZeroResults {
    /// The failed query's id [default: list them]
    pub id: Option<String>,
    /// Only this index's
    #[arg(long)]
    pub index: Option<String>,
    /// Only those that have results by now, or only those that have none
    #[arg(long, value_name = "true|false")]
    pub has_results: Option<bool>,
    /// At most so many
    #[arg(long, default_value_t = crate::demand::listing::LIMIT)]
    pub limit: usize,
    /// Pass over so many
    #[arg(long, default_value_t = 0)]
    pub offset: usize,
}
