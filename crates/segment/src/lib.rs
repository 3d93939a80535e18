//! What Segment says.
