//! The vendors' stand-ins.
