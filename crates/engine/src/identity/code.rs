//! The bytes of a [`Node`]; their layout is described there.

use super::edges::{Edge, Edges, End};
use super::latest::{Instant, Latest};
use super::node::{Device, Malformed, Node};
use super::sightings::{Run, Seen, Sightings};
use super::{Origin, Reasons};
use causeway_store::Position;

const VERSION: u8 = 1;

impl Node {
    /// The bytes for the store.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Writer(vec![VERSION]);
        out.list(&self.sightings.0, Writer::seen);
        out.list(&self.edges.0, Writer::edge);
        out.list(&self.devices, |out, device| {
            out.text(&device.anonymous);
            out.signed(device.since);
        });
        out.0
    }

    /// Reads the bytes of the store.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let (&VERSION, bytes) = bytes.split_first().ok_or(Malformed)? else { return Err(Malformed) };
        let mut from = Reader(bytes);
        let node = Self {
            sightings: Sightings(from.list(Reader::seen)?),
            edges: Edges(from.list(Reader::edge)?),
            devices: from
                .list(|from| Ok(Device { anonymous: from.text()?.into(), since: from.signed()? }))?,
        };
        if from.0.is_empty() { Ok(node) } else { Err(Malformed) }
    }
}

/// Writes; every part is of fixed size or led by its length.
struct Writer(Vec<u8>);

impl Writer {
    fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    /// Small amounts of either sign take little room.
    fn signed(&mut self, number: i64) {
        self.number(((number << 1) ^ (number >> 63)) as u64);
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.0.extend_from_slice(text.as_bytes());
    }

    fn list<T>(&mut self, items: &[T], mut write: impl FnMut(&mut Self, &T)) {
        self.number(items.len() as u64);
        for item in items {
            write(self, item);
        }
    }

    fn origin(&mut self, origin: Origin) {
        self.number(origin.position.0);
        self.number(origin.item.into());
    }

    fn latest(&mut self, latest: &Latest) {
        self.list(&latest.0, |out, instant| {
            out.signed(instant.time);
            out.origin(instant.origin);
        });
    }

    fn seen(&mut self, seen: &Seen) {
        self.text(&seen.user);
        self.latest(&seen.undone);
        let (mut time, mut position) = (0_i64, 0_u64);
        self.list(&seen.runs, |out, run| {
            out.signed(run.first.wrapping_sub(time));
            out.signed(run.last.wrapping_sub(run.first));
            out.signed(run.origin.position.0.wrapping_sub(position) as i64);
            out.number(run.origin.item.into());
            out.0.push(run.reasons.0);
            (time, position) = (run.last, run.origin.position.0);
        });
    }

    fn edge(&mut self, edge: &Edge) {
        self.text(&edge.other);
        self.0.push(u8::from(edge.end == End::To));
        self.latest(&edge.told);
        self.0.push(edge.reasons.0);
        self.latest(&edge.undone);
    }
}

/// Reads; never takes more room than there are bytes.
struct Reader<'b>(&'b [u8]);

impl<'b> Reader<'b> {
    fn byte(&mut self) -> Result<u8, Malformed> {
        let (&byte, rest) = self.0.split_first().ok_or(Malformed)?;
        self.0 = rest;
        Ok(byte)
    }

    fn number(&mut self) -> Result<u64, Malformed> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7F);
            number |= bits << shift;
            if byte < 0x80 {
                return if bits << shift >> shift == bits { Ok(number) } else { Err(Malformed) };
            }
        }
        Err(Malformed)
    }

    fn signed(&mut self) -> Result<i64, Malformed> {
        let number = self.number()?;
        Ok((number >> 1) as i64 ^ -((number & 1) as i64))
    }

    fn small<T: TryFrom<u64>>(&mut self) -> Result<T, Malformed> {
        T::try_from(self.number()?).map_err(|_| Malformed)
    }

    fn text(&mut self) -> Result<&'b str, Malformed> {
        let length: usize = self.small()?;
        let (text, rest) = self.0.split_at_checked(length).ok_or(Malformed)?;
        self.0 = rest;
        std::str::from_utf8(text).map_err(|_| Malformed)
    }

    /// Each item takes at least a byte, so a count beyond what is left ends at the end.
    fn list<T>(
        &mut self,
        mut read: impl FnMut(&mut Self) -> Result<T, Malformed>,
    ) -> Result<Vec<T>, Malformed> {
        let count: usize = self.small()?;
        (0..count).map(|_| read(self)).collect()
    }

    fn origin(&mut self) -> Result<Origin, Malformed> {
        Ok(Origin { position: Position(self.number()?), item: self.small()? })
    }

    fn latest(&mut self) -> Result<Latest, Malformed> {
        self.list(|from| Ok(Instant { time: from.signed()?, origin: from.origin()? })).map(Latest)
    }

    fn seen(&mut self) -> Result<Seen, Malformed> {
        let user = self.text()?.into();
        let undone = self.latest()?;
        let (mut time, mut position) = (0_i64, 0_u64);
        let runs = self.list(|from| {
            let first = time.wrapping_add(from.signed()?);
            time = first.wrapping_add(from.signed()?);
            position = position.wrapping_add(from.signed()? as u64);
            let origin = Origin { position: Position(position), item: from.small()? };
            Ok(Run { first, last: time, origin, reasons: Reasons(from.byte()?) })
        })?;
        Ok(Seen { user, undone, runs })
    }

    fn edge(&mut self) -> Result<Edge, Malformed> {
        Ok(Edge {
            other: self.text()?.into(),
            end: if self.byte()? == 0 { End::From } else { End::To },
            told: self.latest()?,
            reasons: Reasons(self.byte()?),
            undone: self.latest()?,
        })
    }
}
