// What must have reached the vendors after a client sent every kind of event once.

import assert from "node:assert/strict";
import { KINDS, asDocumented } from "./kinds.js";

/**
 * Both vendors got every kind exactly once, as documented.
 *
 * @param since when the client began to send, in milliseconds
 * @param token the user token, as text
 * @param user the authenticated user, if there is one
 */
export async function everyKindArrivedOnce({ sandbox }, { naming = "search", since, token, user }) {
  const messages = (await sandbox.messages()).filter(({ type }) => type === "track");
  const events = await sandbox.events();
  for (const kind of KINDS) {
    const name = kind.sent.eventName;
    const ofKind = messages.filter(({ properties }) => properties.event_name === name);
    assert.deepEqual(ofKind.map(meaning), expected(kind, naming), `${name} at Segment`);
    ofKind.forEach((message) => isComplete(message, { kind, since, token, user }));
    const forwarded = events.filter(({ eventName }) => eventName === name);
    assert.equal(forwarded.length, 1, `${name} once at Algolia`);
    isForwarded(forwarded[0], { kind, since, token, user });
  }
  assert.equal(messages.length, KINDS.flatMap((kind) => kind[naming]).length, "no other message at Segment");
  assert.equal(events.length, KINDS.length, "no other event at Algolia");
  const ids = messages.map(({ messageId }) => messageId);
  assert.equal(new Set(ids).size, ids.length, "every message has an id of its own");
  assert.equal((await sandbox.stats()).segment.duplicates, 0, "nothing was sent to Segment twice");
}

const meaning = ({ event, properties }) => ({ event, properties });

function expected(kind, naming) {
  const shared = { search_index: kind.sent.index, event_name: kind.sent.eventName };
  return kind[naming].map(({ event, properties }) => ({ event, properties: { ...properties, ...shared } }));
}

function isComplete(message, { kind, since, token, user }) {
  assert.match(message.messageId, /^.{1,99}$/);
  assert.equal(message.anonymousId, token);
  assert.equal(message.userId ?? undefined, user);
  happenedSince(since, Date.parse(message.timestamp));
  const { eventType, index, eventName, userToken } = message.context.algolia;
  const origin = { eventType: kind.type, index: kind.sent.index, eventName: kind.sent.eventName, userToken: token };
  assert.deepEqual({ eventType, index, eventName, userToken }, origin);
  assert.equal(message.context.integration.name, "causeway");
  assert.equal(message.integrations["Algolia Insights (Actions)"], false);
}

function isForwarded({ timestamp, ...event }, { kind, since, token, user }) {
  happenedSince(since, timestamp);
  const sent = asDocumented(kind, token);
  assert.deepEqual(event, user ? { ...sent, authenticatedUserToken: user } : sent);
}

function happenedSince(since, at) {
  assert.ok(since <= at && at <= Date.now(), `${new Date(at).toISOString()} is when the client sent`);
}
