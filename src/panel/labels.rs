//! Names of regions and industries, numbered in lexicographic order.

/// Distinct names in lexicographic order; a name's number is its position.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Labels(Vec<String>);

impl Labels {
    /// Sorts and numbers `names`; repeated names count once.
    pub fn new(names: impl IntoIterator<Item = String>) -> Self {
        let mut names: Vec<_> = names.into_iter().collect();
        names.sort_unstable();
        names.dedup();
        Self(names)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The name with this number.
    pub fn name(&self, number: usize) -> &str {
        &self.0[number]
    }

    /// The number of `name`.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.0.binary_search_by(|n| n.as_str().cmp(name)).ok()
    }

    /// All names in order.
    pub fn names(&self) -> &[String] {
        &self.0
    }
}
