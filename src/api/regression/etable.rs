//! A comparison of models as text, Markdown, LaTeX and HTML.

use crate::api::v1::ComparisonFormat;

/// What the stars mean.
const STARS: &str = "*** p < 0.01, ** p < 0.05, * p < 0.1; standard errors in parentheses";

/// A table of texts with a name for each row and a caption for each column.
#[derive(Debug)]
pub(super) struct Sheet {
    captions: Vec<String>,
    /// `None` is a rule between rows.
    rows: Vec<Option<(String, Vec<Cell>)>>,
}

/// One entry.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    /// Nothing.
    Empty,
    /// Words.
    Text(String),
    /// A number with its stars.
    Number(String, &'static str),
}

impl Cell {
    /// Words.
    pub(super) fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    /// A number, where there is one.
    pub(super) fn number(x: Option<f64>, digits: usize) -> Self {
        x.map_or(Self::Empty, |x| Self::Number(shown(x, digits), ""))
    }

    /// A coefficient with stars by its p-value.
    pub(super) fn estimate(x: f64, p: Option<f64>, digits: usize) -> Self {
        let stars = match p {
            Some(p) if p < 0.01 => "***",
            Some(p) if p < 0.05 => "**",
            Some(p) if p < 0.1 => "*",
            _ => "",
        };
        Self::Number(shown(x, digits), stars)
    }

    /// A standard error in parentheses.
    pub(super) fn error(x: f64, digits: usize) -> Self {
        Self::Number(format!("({})", shown(x, digits)), "")
    }

    fn plain(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(text) => text.clone(),
            Self::Number(number, stars) => format!("{number}{stars}"),
        }
    }

    fn latex(&self) -> String {
        match self {
            Self::Number(number, stars) if stars.is_empty() => format!("${number}$"),
            Self::Number(number, stars) => format!("${number}^{{{stars}}}$"),
            other => latex(&other.plain()),
        }
    }
}

/// A number with so many digits after the point; very small and very large ones in powers of ten.
fn shown(x: f64, digits: usize) -> String {
    let small = 0.5 * 10_f64.powi(-(digits as i32));
    if x != 0.0 && (x.abs() < small || x.abs() >= 1e9) { format!("{x:.digits$e}") } else { format!("{x:.digits$}") }
}

impl Sheet {
    /// A table without rows.
    pub(super) fn new(captions: Vec<String>) -> Self {
        Self { captions, rows: Vec::new() }
    }

    /// Adds a row.
    pub(super) fn add(&mut self, name: &str, cells: impl Iterator<Item = Cell>) {
        self.rows.push(Some((name.to_owned(), cells.collect())));
    }

    /// Adds a rule.
    pub(super) fn rule(&mut self) {
        self.rows.push(None);
    }

    /// The columns as plain texts, the names of the rows first.
    pub(super) fn columns(&self) -> Vec<(String, Vec<String>)> {
        let rows = || self.rows.iter().flatten();
        let names = ("row".to_owned(), rows().map(|(name, _)| name.clone()).collect());
        let column = |(i, caption): (usize, &String)| {
            let unique = if self.captions.iter().filter(|other| *other == caption).count() > 1 || caption == "row" {
                format!("{caption} ({})", i + 1)
            } else {
                caption.clone()
            };
            (unique, rows().map(|(_, cells)| cells[i].plain()).collect())
        };
        std::iter::once(names).chain(self.captions.iter().enumerate().map(column)).collect()
    }

    /// The table in a format.
    pub(super) fn write(&self, format: ComparisonFormat) -> String {
        match format {
            ComparisonFormat::Unspecified | ComparisonFormat::Text => self.text(),
            ComparisonFormat::Markdown => self.markdown(),
            ComparisonFormat::Latex => self.latex(),
            ComparisonFormat::Html => self.html(),
        }
    }

    fn text(&self) -> String {
        let header = std::iter::once(String::new()).chain(self.captions.iter().cloned()).collect::<Vec<_>>();
        let plain = |(name, cells): &(String, Vec<Cell>)| {
            std::iter::once(name.clone()).chain(cells.iter().map(Cell::plain)).collect::<Vec<_>>()
        };
        let rows: Vec<Option<Vec<String>>> = self.rows.iter().map(|row| row.as_ref().map(plain)).collect();
        let width = |c: usize| {
            let cells = rows.iter().flatten().map(|row| row[c].chars().count());
            cells.chain([header[c].chars().count()]).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..header.len()).map(width).collect();
        let line = |row: &Vec<String>| {
            let cell = |(c, text): (usize, &String)| match c {
                0 => format!("{text:<width$}", width = widths[0]),
                _ => format!("{text:>width$}", width = widths[c]),
            };
            row.iter().enumerate().map(cell).collect::<Vec<_>>().join("  ").trim_end().to_owned()
        };
        let dashes = "-".repeat(widths.iter().sum::<usize>() + 2 * (widths.len() - 1));
        let mut lines = vec![line(&header)];
        lines.extend(rows.iter().map(|row| row.as_ref().map_or_else(|| dashes.clone(), line)));
        lines.extend([dashes.clone(), STARS.to_owned()]);
        lines.join("\n")
    }

    fn markdown(&self) -> String {
        let escape = |text: &str| text.replace('\\', "\\\\").replace('|', "\\|").replace('*', "\\*");
        let line = |cells: Vec<String>| format!("| {} |", cells.join(" | "));
        let header = std::iter::once(String::new()).chain(self.captions.iter().map(|c| escape(c))).collect();
        let marks = std::iter::once("---".to_owned()).chain(self.captions.iter().map(|_| "---:".to_owned())).collect();
        let mut lines = vec![line(header), line(marks)];
        lines.extend(self.rows.iter().flatten().map(|(name, cells)| {
            line(std::iter::once(escape(name)).chain(cells.iter().map(|cell| escape(&cell.plain()))).collect())
        }));
        lines.extend([String::new(), escape(STARS)]);
        lines.join("\n")
    }

    fn latex(&self) -> String {
        let columns = "c".repeat(self.captions.len());
        let header: String = self.captions.iter().map(|caption| format!(" & {}", latex(caption))).collect();
        let mut lines =
            vec![format!("\\begin{{tabular}}{{l{columns}}}"), "\\toprule".to_owned(), format!("{header} \\\\")];
        for row in &self.rows {
            lines.push(match row {
                None => "\\midrule".to_owned(),
                Some((name, cells)) => {
                    let cells: String = cells.iter().map(|cell| format!(" & {}", cell.latex())).collect();
                    format!("{}{cells} \\\\", latex(name))
                }
            });
        }
        lines.push("\\bottomrule".to_owned());
        let span = self.captions.len() + 1;
        lines.push(format!("\\multicolumn{{{span}}}{{l}}{{\\footnotesize {}}} \\\\", latex(STARS)));
        lines.push("\\end{tabular}".to_owned());
        lines.join("\n")
    }

    fn html(&self) -> String {
        let header: String = self.captions.iter().map(|c| format!("<th scope=\"col\">{}</th>", html(c))).collect();
        let mut lines =
            vec!["<table class=\"models\">".to_owned(), format!("<thead><tr><td></td>{header}</tr></thead>")];
        lines.push("<tbody>".to_owned());
        for (name, cells) in self.rows.iter().flatten() {
            let cells: String = cells.iter().map(|cell| format!("<td>{}</td>", html(&cell.plain()))).collect();
            lines.push(format!("<tr><th scope=\"row\">{}</th>{cells}</tr>", html(name)));
        }
        lines.push("</tbody>".to_owned());
        lines.push(format!("<caption>{}</caption>", html(STARS)));
        lines.push("</table>".to_owned());
        lines.join("\n")
    }
}

/// A text with the characters that LaTeX reads as commands written out.
fn latex(text: &str) -> String {
    let mut written = String::new();
    for c in text.chars() {
        match c {
            '\\' => written.push_str("\\textbackslash{}"),
            '^' => written.push_str("\\textasciicircum{}"),
            '~' => written.push_str("\\textasciitilde{}"),
            '<' => written.push_str("$<$"),
            '>' => written.push_str("$>$"),
            '_' | '%' | '&' | '#' | '$' | '{' | '}' => {
                written.push('\\');
                written.push(c);
            }
            c => written.push(c),
        }
    }
    written
}

/// A text with the characters that HTML reads as markup written out.
fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet() -> Sheet {
        let mut sheet = Sheet::new(vec!["(1)".into(), "a_b".into()]);
        sheet.add("ln(gdp)", [Cell::estimate(0.1532, Some(0.001), 3), Cell::Empty].into_iter());
        sheet.add("", [Cell::error(0.00001, 3), Cell::Empty].into_iter());
        sheet.rule();
        sheet.add("N | <b>", [Cell::text("200"), Cell::text("180")].into_iter());
        sheet
    }

    #[test]
    fn every_format_says_the_same_and_escapes_its_own_signs() {
        let text = sheet().write(ComparisonFormat::Text);
        assert!(
            text.lines().nth(1).is_some_and(|line| line.contains("ln(gdp)") && line.contains("0.153***")),
            "{text}"
        );
        assert!(text.contains("(1.000e-5)"), "{text}");
        assert!(sheet().write(ComparisonFormat::Markdown).contains("| N \\| <b> | 200 | 180 |"));
        let latex = sheet().write(ComparisonFormat::Latex);
        assert!(latex.contains("a\\_b") && latex.contains("$0.153^{***}$") && latex.contains("\\midrule"), "{latex}");
        assert!(sheet().write(ComparisonFormat::Html).contains("N | &lt;b&gt;"));
    }

    #[test]
    fn columns_have_names_of_their_own() {
        let twice = Sheet::new(vec!["a".into(), "a".into()]);
        let names: Vec<_> = twice.columns().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["row", "a (1)", "a (2)"]);
    }
}
