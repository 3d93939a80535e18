// Causeway as a Segment destination function: hands every call on to POST /webhooks/segment.
//
// Settings to create beside it:
//   endpoint  text, required    https://events.shop.example/webhooks/segment
//   secret    secret, required  segment.webhook_secret of causeway.toml
//   token     secret, required  segment.webhook_token of causeway.toml
//
// Node's module `crypto`, `fetch` and the error types are there in Segment's runtime. A function that runs for more than five
// seconds is called again by Segment, so nothing here watches the time; Causeway answers within four.

async function onIdentify(event, settings) {
  await handOn(event, settings);
}

async function onTrack(event, settings) {
  await handOn(event, settings);
}

async function onPage(event, settings) {
  await handOn(event, settings);
}

async function onScreen(event, settings) {
  await handOn(event, settings);
}

async function onGroup(event, settings) {
  await handOn(event, settings);
}

async function onAlias(event, settings) {
  await handOn(event, settings);
}

async function onDelete(event, settings) {
  await handOn(event, settings);
}

/** Answers a status for each event, so that Segment shows which ones were invalid, and why. */
async function onBatch(events, settings) {
  const { status, answer } = await post(JSON.stringify(events), JSON.stringify(events[0]), settings);
  if (status !== 200 && !answer.invalid) {
    throw new InvalidEventPayload(reason(status, answer));
  }
  const others = status === 200 ? { status } : { status, errormessage: reason(status, answer) };
  const statuses = events.map(() => others);
  for (const { index, reason: errormessage } of answer.invalid || answer.quarantined || []) {
    statuses[index] = { status: 400, errormessage };
  }
  return statuses;
}

async function handOn(event, settings) {
  const body = JSON.stringify(event);
  const { status, answer } = await post(body, body, settings);
  if (status !== 200) {
    throw new InvalidEventPayload(reason(status, answer));
  }
}

/** Sends a body. Only its first event is signed, as by Segment's own webhooks; the token stands for all of it. */
async function post(body, signed, settings) {
  const { endpoint, secret, token } = checked(settings);
  const headers = {
    "Content-Type": "application/json",
    "X-Signature": crypto.createHmac("sha1", secret).update(signed, "utf8").digest("hex"),
    Authorization: `Bearer ${token}`,
  };
  let response;
  try {
    response = await fetch(endpoint, { method: "POST", headers, body });
  } catch (error) {
    throw new RetryError(`Causeway can't be reached: ${error.message}`);
  }
  const answer = await response.json().catch(() => ({}));
  if (later(response.status)) {
    throw new RetryError(reason(response.status, answer));
  }
  return { status: response.status, answer };
}

/** What is not the event's fault may be mended within the four hours that Segment tries again. */
function later(status) {
  return status === 429 || status >= 500 || [401, 403, 404, 405, 408].includes(status);
}

function checked(settings) {
  const missing = ["endpoint", "secret", "token"].filter((name) => !settings[name]);
  if (missing.length > 0) {
    throw new ValidationError(`Fill in the setting ${missing.join(" and ")}`);
  }
  return settings;
}

function reason(status, answer) {
  return `Causeway answered ${status}: ${answer.message || "without a reason"}`;
}
