//! `causeway sandbox`

use super::arguments;
use super::outcome::{Failure, Outcome};
use super::run::{asked_to_stop, runtime};
use super::streams::print;
use causeway_sandbox::Options;
use tokio::net::TcpListener;

pub(super) fn run(arguments: &arguments::Sandbox) -> Result<Outcome, Failure> {
    runtime()?.block_on(async {
        let stop = asked_to_stop();
        let listener = TcpListener::bind(arguments.listen).await;
        let listener = listener.map_err(|error| {
            Failure::unreachable(format!("failed to listen on {}: {error}", arguments.listen))
        })?;
        let address = listener.local_addr()?;
        let options = Options { listen: address, lean: arguments.lean, ..Options::default() };
        print(&introduction(&format!("http://{address}"), &options))?;
        causeway_sandbox::serve(listener, options, stop).await?;
        Ok(Outcome::Fine)
    })
}

fn introduction(url: &str, options: &Options) -> String {
    format!(
        "the stand-ins of Algolia and Segment listen on {url}\n\n\
         # for causeway.toml\n\
         [algolia]\napp_id = {:?}\napi_key = {:?}\nadmin_key = {:?}\ninsights_url = {url:?}\n\
         search_hosts = [{url:?}]\npersonalization_url = {url:?}\nadvanced_personalization_url = {url:?}\n\
         [segment]\nwrite_key = {:?}\ntracking_url = {url:?}\n\n\
         what arrived:  {url}/_sandbox/segment/messages  {url}/_sandbox/algolia/events",
        options.app_id, options.api_keys[0], options.admin_keys[0], options.write_keys[0],
    )
}
