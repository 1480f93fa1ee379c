//! The page around the charts: markup whose texts are all escaped, and one style sheet.

use super::palette::{self, Colour};
use super::sheet::{self, Sheet};
use super::words;
use crate::api::v1::{Column, column::Values};

const STYLE: &str = include_str!("page.css");

/// A piece of markup. It is made by this module alone, so every text in it has been escaped.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Html(String);

/// `text` as markup.
pub(super) fn text(text: &str) -> Html {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            // Control characters have no place in a page.
            c if c.is_control() && c != '\n' && c != '\t' => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    Html(escaped)
}

/// An element of class `class` around `content`; without a class when that is empty.
pub(super) fn element(tag: &'static str, class: &'static str, content: &[Html]) -> Html {
    let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
    let content: String = content.iter().map(|html| html.0.as_str()).collect();
    Html(format!("<{tag}{class}>{content}</{tag}>\n"))
}

/// A paragraph.
pub(super) fn paragraph(words: &str) -> Html {
    element("p", "", &[text(words)])
}

/// A section under a heading.
pub(super) fn section(title: &str, content: Vec<Html>) -> Html {
    let mut all = vec![element("h2", "", &[text(title)])];
    all.extend(content);
    element("section", "", &all)
}

/// A list of sentences.
pub(super) fn list(class: &'static str, sentences: &[String]) -> Html {
    let items: Vec<_> = sentences.iter().map(|sentence| element("li", "", &[text(sentence)])).collect();
    element("ul", class, &items)
}

/// A drawing of the charting library, which escapes its own texts, shown at most `width` pixels wide, with a description
/// for those who cannot see it.
pub(super) fn picture(description: &str, width: f64, svg: &str) -> Html {
    let (description, least) = (text(description).0, 0.75 * width);
    let opening =
        format!("<svg role=\"img\" aria-label=\"{description}\" style=\"max-width:{width}px;flex-basis:{least}px\" ");
    Html(svg.replacen("<svg ", &opening, 1))
}

/// A key figure: its name, its value, and what to know about it.
pub(super) struct KeyFigure {
    /// What it is.
    pub(super) name: String,
    /// The number with its unit.
    pub(super) value: String,
    /// The interval, the period.
    pub(super) note: String,
}

/// Key figures side by side.
pub(super) fn key_figures(figures: &[KeyFigure]) -> Html {
    let cards: Vec<_> = figures
        .iter()
        .map(|figure| {
            let name = element("dt", "", &[text(&figure.name)]);
            let value = element("dd", "value", &[text(&figure.value)]);
            let note = element("dd", "note", &[text(&figure.note)]);
            element("div", "", &[name, value, note])
        })
        .collect();
    element("dl", "key-figures", &cards)
}

/// A chart with its title, legend, caption and the tables behind it.
#[derive(Debug, Default)]
pub(super) struct Figure {
    /// What is seen.
    pub(super) title: String,
    /// How to read it.
    pub(super) caption: String,
    /// The drawings and tables, side by side where there is room.
    pub(super) pictures: Vec<Html>,
    /// What the colours mean: colour, opacity and name. Empty when the drawing says it itself.
    pub(super) legend: Vec<(Colour, f64, String)>,
    /// The numbers behind the drawing, each table with its name.
    pub(super) tables: Vec<(String, Html)>,
}

impl Figure {
    /// The figure as markup.
    pub(super) fn html(self) -> Html {
        let mut content = vec![element("h3", "", &[text(&self.title)])];
        if !self.legend.is_empty() {
            let entries: Vec<_> = self
                .legend
                .iter()
                .map(|(colour, opacity, name)| element("li", "", &[swatch(*colour, *opacity), text(name)]))
                .collect();
            content.push(element("ul", "legend", &entries));
        }
        if !self.pictures.is_empty() {
            content.push(element("div", "pictures", &self.pictures));
        }
        if !self.caption.is_empty() {
            content.push(element("figcaption", "", &[text(self.caption.trim())]));
        }
        content.extend(numbers(self.tables));
        element("figure", "", &content)
    }
}

fn swatch(colour: Colour, opacity: f64) -> Html {
    let hex = colour.hex();
    Html(format!(
        "<svg class=\"swatch\" viewBox=\"0 0 12 12\" aria-hidden=\"true\"><rect width=\"12\" height=\"12\" rx=\"2\" \
         fill=\"{hex}\" opacity=\"{opacity}\"/></svg>"
    ))
}

/// The tables behind a picture; they open when asked to.
fn numbers(tables: Vec<(String, Html)>) -> Option<Html> {
    let content: Vec<_> = tables
        .into_iter()
        .flat_map(|(name, table)| [element("h4", "", &[text(&name)]), element("div", "scroll", &[table])])
        .collect();
    let summary = element("summary", "", &[text("The numbers")]);
    (!content.is_empty()).then(|| element("details", "", &[summary, element("div", "", &content)]))
}

/// A table to be seen at once, as the picture of a figure.
pub(super) fn shown(table: Html) -> Html {
    element("div", "scroll", &[table])
}

/// A table that opens when asked to.
pub(super) fn details(name: &str, content: Html) -> Html {
    let summary = element("summary", "", &[text(name)]);
    element("details", "", &[summary, element("div", "scroll", &[content])])
}

/// A table of texts; the first column names the rows.
pub(super) fn table(header: &[String], rows: &[Vec<String>]) -> Html {
    let row = |tag: &'static str, cells: &[String]| {
        let cells: Vec<_> = cells
            .iter()
            .enumerate()
            .map(|(i, cell)| element(if i == 0 { "th" } else { tag }, "", &[text(cell)]))
            .collect();
        element("tr", "", &cells)
    };
    let body: Vec<_> = rows.iter().map(|cells| row("td", cells)).collect();
    element("table", "", &[element("thead", "", &[row("th", header)]), element("tbody", "", &body)])
}

/// The `rows` of a sheet's columns for which `shown` is true.
pub(super) fn sheet_table(sheet: &Sheet<'_>, rows: &[usize], shown: impl Fn(&str) -> bool) -> Html {
    let columns: Vec<&Column> = sheet.columns().iter().filter(|column| shown(&column.name)).collect();
    let header: Vec<String> = columns.iter().map(|column| heading(column)).collect();
    let cells: Vec<Vec<String>> = columns.iter().map(|column| cells(column, rows)).collect();
    let body: Vec<Vec<String>> =
        (0..rows.len()).map(|i| cells.iter().map(|column| column[i].clone()).collect()).collect();
    table(&header, &body)
}

fn heading(column: &Column) -> String {
    let name = words::plain(&column.name);
    if column.unit.is_empty() || name.contains(&column.unit) { name } else { format!("{name} ({})", column.unit) }
}

/// The entries of a column in `rows`: texts as they are, numbers with the same decimals throughout, a dash for none.
fn cells(column: &Column, rows: &[usize]) -> Vec<String> {
    if let Some(Values::Texts(texts)) = &column.values {
        return rows.iter().map(|row| texts.values.get(*row).cloned().unwrap_or_default()).collect();
    }
    let numbers = sheet::numbers(column).unwrap_or_default();
    let picked: Vec<Option<f64>> = rows.iter().map(|row| numbers.get(*row).copied().flatten()).collect();
    let decimals = words::decimals(picked.iter().filter_map(|x| *x), 5);
    picked.into_iter().map(|x| x.map_or_else(|| "–".to_owned(), |x| words::fixed(x, decimals))).collect()
}

/// The whole document.
pub(super) fn document(title: &str, introduction: &str, sections: &[Html]) -> String {
    let dark = palette::dark_rules();
    let title = text(title).0;
    let lead: String =
        introduction.lines().filter(|line| !line.trim().is_empty()).map(|line| paragraph(line).0).collect();
    let body: String = sections.iter().map(|section| section.0.as_str()).collect();
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n\
         <meta name=\"color-scheme\" content=\"light dark\"/>\n<title>{title}</title>\n\
         <style>\n{STYLE}\n@media screen and (prefers-color-scheme: dark) {{\n{dark}}}\n</style>\n</head>\n\
         <body>\n<header>\n<h1>{title}</h1>\n{lead}</header>\n<main>\n{body}</main>\n</body>\n</html>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_escaped() {
        assert_eq!(text("<b a=\"1\">'&'\u{1}").0, "&lt;b a=&quot;1&quot;&gt;&#39;&amp;&#39; ");
        assert_eq!(element("p", "x", &[text("a<b")]).0, "<p class=\"x\">a&lt;b</p>\n");
        assert!(
            picture("\"><script>", 1.0, "<svg width=\"1\"></svg>")
                .0
                .starts_with("<svg role=\"img\" aria-label=\"&quot;&gt;&lt;script&gt;\" style")
        );
    }
}
