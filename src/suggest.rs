//! The name a caller probably meant.

/// The candidate nearest to `word` by edit distance, when it is near enough to be a slip of the pen.
///
/// Letter case does not count. Near enough is at most a third of the word's letters, and at least one;
/// among equally near candidates the first wins.
pub fn nearest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let word: Vec<char> = word.to_lowercase().chars().collect();
    let allowed = (word.len() / 3).max(1);
    candidates
        .map(|candidate| (distance(&word, &candidate.to_lowercase().chars().collect::<Vec<_>>()), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Names that an error text lists when none is near the one given.
const TOLD: usize = 12;

/// The end of an error text about an unknown name: the nearest known one, or the first of them.
pub fn hint<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.collect();
    if let Some(near) = nearest(name, known.iter().copied()) {
        return format!("; did you mean {near}?");
    }
    let more = if known.len() > TOLD { ", …" } else { "" };
    let told = known[..known.len().min(TOLD)].join(", ");
    if told.is_empty() { String::new() } else { format!("; known are {told}{more}") }
}

/// Insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b`
/// (optimal string alignment; Damerau 1964).
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let differs = usize::from(a[i - 1] != b[j - 1]);
            let mut best = (above[j] + 1).min(row[j - 1] + 1).min(above[j - 1] + differs);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before[j - 2] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut above, row);
    }
    above[b.len()]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    const IDS: [&str; 4] = ["gini", "hhi", "location_quotient", "density"];

    #[test]
    fn slips_of_the_pen_find_the_name() {
        for (word, meant) in
            [("gni", "gini"), ("gnii", "gini"), ("HHI", "hhi"), ("location_quotent", "location_quotient")]
        {
            assert_eq!(nearest(word, IDS.into_iter()), Some(meant), "{word}");
        }
    }

    #[test]
    fn other_words_find_nothing() {
        for word in ["", "moran", "xyz"] {
            assert_eq!(nearest(word, IDS.into_iter()), None, "{word}");
        }
    }

    #[test]
    fn the_first_of_equally_near_names_wins() {
        assert_eq!(nearest("bat", ["cat", "bar"].into_iter()), Some("cat"));
    }
}
