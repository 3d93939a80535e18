//! Where spans and logs are exported to: checked.

use super::Settings;
use super::checked::origin;
use super::source::Problem;
use crate::telemetry::otlp::Target;
use http::HeaderName;

pub(super) fn check(settings: &Settings) -> Result<Option<Target>, Problem> {
    let telemetry = &settings.telemetry;
    if !(0.0..=1.0).contains(&telemetry.sample) {
        let message =
            format!("telemetry.sample: {} is no share; give 0.01 for one in a hundred", telemetry.sample);
        return Err(Problem::invalid(message));
    }
    let Some(url) = telemetry.otlp_url.as_ref().filter(|url| !url.is_empty()) else { return Ok(None) };
    let url = origin("telemetry.otlp_url", url)?.to_string();
    let mut headers = Vec::new();
    for (name, value) in &telemetry.headers {
        let fits = value.expose().bytes().all(|byte| (b' '..=b'~').contains(&byte));
        let known = HeaderName::try_from(name.as_str()).ok().filter(|_| fits);
        let known = known.ok_or_else(|| {
            Problem::invalid(format!("telemetry.headers.{name}: is no header; give a name and plain text"))
        })?;
        headers.push((known, value.clone()));
    }
    Ok(Some(Target { url, headers, sample: telemetry.sample, service: telemetry.service.clone() }))
}
