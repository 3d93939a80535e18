//! Queries as they are compared: what shoppers mean the same by has the same text.

/// A longer query has its first so many bytes: as many as Algolia reads of one.
const MAX_BYTES: usize = 512;

/// The query in lower case, its words parted by single spaces.
pub fn normal(query: &str) -> String {
    let mut text = String::with_capacity(query.len().min(MAX_BYTES));
    for word in query.split_whitespace() {
        let space = usize::from(!text.is_empty());
        let word = word.to_lowercase();
        if text.len() + space + word.len() > MAX_BYTES {
            break;
        }
        text.extend(std::iter::repeat_n(' ', space));
        text.push_str(&word);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_spaces_make_no_other_query() {
        assert_eq!(normal("  Red \t SHOES\u{a0}"), "red shoes");
        assert_eq!(normal(" \n"), "");
        assert!(normal(&"word ".repeat(1_000)).len() <= MAX_BYTES);
    }
}
