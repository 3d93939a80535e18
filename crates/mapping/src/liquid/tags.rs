//! The tags that Segment allows, and why others are refused.

use liquid_core::{
    Error, Language, ParseTag, Renderable, Result, TagReflection, TagTokenIter,
    parser::{ParseBlock, ParseTag as Parse},
};
use liquid_lib::stdlib::{
    AssignTag, CaptureBlock, CommentBlock, CycleTag, DecrementTag, IncrementTag, RawBlock,
};

use super::condition::{IF, UNLESS};

/// Segment switches these off.
const DISABLED: [&str; 6] = ["case", "for", "include", "layout", "render", "tablerow"];
/// Segment's engine has these; they need something that a mapping has not, or say what others say.
const LEFT_OUT: [&str; 6] = ["#", "block", "break", "continue", "echo", "liquid"];

pub(super) fn register(language: &mut Language) {
    let tags: [(&str, Box<dyn ParseTag>); 4] = [
        ("assign", AssignTag.into()),
        ("cycle", CycleTag.into()),
        ("decrement", DecrementTag.into()),
        ("increment", IncrementTag.into()),
    ];
    let blocks: [(&str, Box<dyn ParseBlock>); 5] = [
        ("capture", CaptureBlock.into()),
        ("comment", CommentBlock.into()),
        ("if", IF.into()),
        ("raw", RawBlock.into()),
        ("unless", UNLESS.into()),
    ];
    for (name, tag) in tags {
        language.tags.register(name.to_owned(), tag);
    }
    for (name, block) in blocks {
        language.blocks.register(name.to_owned(), block);
    }
    for (name, why) in DISABLED
        .map(|name| (name, "disabled"))
        .into_iter()
        .chain(LEFT_OUT.map(|name| (name, "not supported")))
    {
        language.tags.register(name.to_owned(), Refused { name, why }.into());
    }
}

/// A tag that may not be used.
#[derive(Clone, Debug)]
struct Refused {
    name: &'static str,
    why: &'static str,
}

impl Parse for Refused {
    fn parse(&self, _: TagTokenIter<'_>, _: &Language) -> Result<Box<dyn Renderable>> {
        Err(Error::with_msg(format!("tag \"{}\" is {}", self.name, self.why)))
    }

    fn reflection(&self) -> &dyn TagReflection {
        self
    }
}

impl TagReflection for Refused {
    fn tag(&self) -> &'static str {
        self.name
    }

    fn description(&self) -> &'static str {
        self.why
    }
}
