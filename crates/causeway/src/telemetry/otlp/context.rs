//! Which trace, and which span of it (<https://www.w3.org/TR/trace-context/>).

/// A span's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Context {
    /// The trace.
    pub trace: [u8; 16],
    /// The span in it.
    pub span: [u8; 8],
}

impl Context {
    /// The first span of a new trace.
    pub fn root() -> Self {
        Self { trace: rand::random(), span: rand::random() }
    }

    /// Another span of the same trace.
    #[must_use]
    pub fn child(self) -> Self {
        Self { span: rand::random(), ..self }
    }

    /// Reads a `traceparent`; answers also whether the caller samples.
    pub fn parse(text: &str) -> Option<(Self, bool)> {
        let mut parts = text.trim().split('-');
        let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let version = <[u8; 1]>::try_from(hex::decode(version).ok()?).ok()?[0];
        // Later versions may have more parts, this one has not.
        if version == 0xff || (version == 0 && parts.next().is_some()) {
            return None;
        }
        let trace = <[u8; 16]>::try_from(hex::decode(trace).ok()?).ok()?;
        let span = <[u8; 8]>::try_from(hex::decode(span).ok()?).ok()?;
        let flags = <[u8; 1]>::try_from(hex::decode(flags).ok()?).ok()?[0];
        (trace != [0; 16] && span != [0; 8]).then_some((Self { trace, span }, flags & 1 == 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_traceparent_is_read_and_what_is_none_is_passed_over() {
        let (trace, span) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");
        let parsed =
            |text: &str| Context::parse(text).map(|(context, sampled)| (hex::encode(context.span), sampled));
        assert_eq!(parsed(&format!("00-{trace}-{span}-01")), Some((span.to_owned(), true)));
        assert_eq!(parsed(&format!("00-{trace}-{span}-00")), Some((span.to_owned(), false)));
        assert_eq!(parsed(&format!("cc-{trace}-{span}-01-more")), Some((span.to_owned(), true)));
        let zeros = "0".repeat(32);
        for wrong in [
            String::new(),
            format!("00-{trace}-{span}"),
            format!("ff-{trace}-{span}-01"),
            format!("00-{zeros}-{span}-01"),
            format!("00-{trace}-{span}-01-more"),
            format!("00-{span}-{span}-01"),
        ] {
            assert_eq!(parsed(&wrong), None, "{wrong}");
        }
    }
}
