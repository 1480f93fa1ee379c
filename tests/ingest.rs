//! Tables of every format become panels, and every violation is told.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use agglo::error::{Error, Violation};
use agglo::ingest::{AttributeColumn, AttributeKind, Export, Format, Layout, guess_layout, read, sample};
use agglo::panel::{Absent, AttributeData, KeyNames, Measure, MeasureKind, Panel, PanelBuilder, RowKey};
use agglo::simulate::{Spec, simulate};
use arrow::array::{
    ArrayRef, BooleanArray, Decimal128Array, DictionaryArray, Float32Array, Int64Array, LargeStringArray, RecordBatch,
    StringViewArray, TimestampNanosecondArray,
};
use arrow::datatypes::Int8Type;
use arrow::ipc::writer::StreamWriter;
use bytes::Bytes;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const FORMATS: [Format; 3] = [Format::Csv, Format::Parquet, Format::ArrowIpc];

fn chunks(bytes: &[u8], size: usize) -> impl Iterator<Item = Result<Bytes, Error>> {
    bytes.chunks(size).map(|chunk| Ok(Bytes::copy_from_slice(chunk)))
}

fn csv(text: &str, layout: &Layout) -> Result<Panel, Error> {
    read(chunks(text.as_bytes(), 7), Format::Csv, layout, u64::MAX).map(|imported| imported.panel)
}

/// The violations in full, as text.
fn told(result: Result<Panel, Error>) -> Vec<String> {
    match result.unwrap_err() {
        Error::Invalid(violations) => violations.told().iter().map(ToString::to_string).collect(),
        other => panic!("no violations but {other}"),
    }
}

fn attribute(name: &str, kind: AttributeKind) -> AttributeColumn {
    AttributeColumn { name: name.into(), unit: String::new(), kind }
}

#[test]
fn missing_zero_and_suppressed_stay_apart() {
    let text = "\u{feff}state;year;gdp;jobs\r\n\"Ohio; the\";1990;0;(d)\r\n\"Ohio; the\";1991;..;-1.5e3\r\n";
    let panel = csv(text, &Layout::new("state", "year")).unwrap();
    assert_eq!(panel.regions().names(), ["Ohio; the"]);
    assert_eq!(panel.column(0), [Ok(0.0), Err(Absent::Missing)]);
    assert_eq!(panel.column(1), [Err(Absent::Suppressed), Ok(-1500.0)]);
    assert_eq!(panel.measures()[1].kind, MeasureKind::Count);
}

#[test]
fn every_violation_tells_its_line_and_column() {
    let text = "state,year,area,gdp\n\
        Ohio,1990,5,1\n\
        Ohio,1990,5,2\n\
        Ohio,1991,6,\"1,000\"\n\
        \n\
        Iowa,1990Q1,7,3\n\
        Iowa,soon,7,inf\n\
        Iowa,1990\n\
        ,1991,7,1;5\n";
    let mut layout = Layout::new("state", "year");
    layout.attributes.push(attribute("area", AttributeKind::Numeric));
    let decimal = "a number is written with a decimal point, as in 1.5, and without thousands separators, or is one of \
        the markers NA NaN . .. null (D) c (S)";
    assert_eq!(
        told(csv(text, &layout)),
        [
            format!("row 4, column gdp: {decimal}; got \"1,000\""),
            "row 4, column area: an attribute has one value a region; row 2 says \"5\"; got \"6\"".to_owned(),
            "row 6, column year: all periods have one calendar, here years from the first row on; got \"1990Q1\""
                .to_owned(),
            "row 7, column gdp: a number is finite; got \"inf\"".to_owned(),
            "row 7, column year: a period is written 1990, 1990Q3 or 1990-07; got \"soon\"".to_owned(),
            "row 8: a row has as many columns as the header, 4; got \"2\"".to_owned(),
            format!("row 9, column gdp: {decimal}; got \"1;5\""),
            "row 9, column state: a region needs a name".to_owned(),
            "row 3: repeats the key of row 2; got \"Ohio 1990\"".to_owned(),
        ]
    );
}

#[test]
fn a_decimal_comma_is_told_and_not_left_out() {
    let layout = Layout::new("state", "year");
    for text in ["state;year;gdp\nOhio;1990;1,5\n", "state;year;x;gdp\nOhio;1990;1;1,5\nOhio;1991;2;2,5\n"] {
        let told = told(csv(text, &layout));
        let begins = "row 2, column gdp: a number is written with a decimal point, as in 1.5";
        assert!(told.len() == 1 && told[0].starts_with(begins) && told[0].ends_with("got \"1,5\""), "{told:?}");
    }
}

#[test]
fn the_first_hundred_are_told_and_all_are_counted() {
    let mut text = "r,t,x\na,1990,1\n".to_owned();
    (0..250).for_each(|i| text += &format!("r{i},1990,x{i}\n"));
    let Err(Error::Invalid(violations)) = csv(&text, &Layout::new("r", "t")) else { panic!("accepted") };
    assert_eq!((violations.told().len(), violations.count()), (100, 250));
    assert_eq!(violations.told()[99].field, "row 102, column x");
}

#[test]
fn broken_tables_are_violations() {
    let layout = Layout::new("r", "t");
    for (text, expected) in [
        ("", "header: a table begins with a line that names its columns"),
        ("r,t,x\n", "header: a table has at least one column of numbers"),
        ("r,t,x\na,1990,b\n", "header: a table has at least one column of numbers"),
        ("r,t,x\na,1990,1\n\"open,1990,2\n", "row 3"),
        ("regions,t,x\na,1990,1\n", "layout.region: the table has no such column"),
        ("r,t,x\na,1990-13-01,1\n", "row 2, column t: a period is written 1990, 1990Q3 or 1990-07"),
        ("r,t,x,x\na,1990,1,2\n", "header: every column has a name of its own; got \"x\""),
    ] {
        let told = told(csv(text, &layout));
        assert!(told[0].starts_with(expected), "{text:?}: {told:?}");
    }
    let latin = read(chunks(b"r,t,x\nK\xf6ln,1990,1\nBonn,1990,1\n", 7), Format::Csv, &layout, u64::MAX);
    assert_eq!(told(latin.map(|i| i.panel)), ["row 2, column r: text is UTF-8"]);
    for format in [Format::Parquet, Format::ArrowIpc] {
        let error = read(chunks(b"this is no such table at all", 7), format, &layout, u64::MAX).unwrap_err();
        assert!(error.to_string().starts_with("table: the table cannot be read"), "{error}");
    }
}

#[test]
fn a_quotation_mark_left_open_cannot_swallow_the_file() {
    let opened = "r,t,x\na,1990,1\n\"b,1990,2\n";
    let lines = (0..10_000).map(|_| Ok(Bytes::from("a,1990,1\n".repeat(100))));
    let mut given = 0;
    let endless = std::iter::once(Ok(Bytes::from(opened))).chain(lines).inspect(|_| given += 1);
    let told = told(read(endless, Format::Csv, &Layout::new("r", "t"), u64::MAX).map(|i| i.panel));
    assert!(told[0].starts_with("row 3: ") && told[0].contains("quotation mark"), "{told:?}");
    assert!(given < 2_000, "{given} chunks were read");
}

#[test]
fn a_cut_upload_is_no_table() {
    let panel = odd_panel(false, |t| (1990 + t).to_string());
    for format in FORMATS {
        let bytes: Vec<u8> = Export::new(&panel, format, "(D)").unwrap().flat_map(|chunk| chunk.unwrap()).collect();
        for end in [0, 1, bytes.len() / 2, bytes.len()] {
            let chunks = chunks(&bytes[..end], 9).chain(std::iter::once(Err(Error::Cancelled)));
            let result = read(chunks, format, &Layout::of(&panel, "(D)"), u64::MAX);
            assert!(matches!(result, Err(Error::Cancelled)), "{format:?}, {end}: {result:?}");
        }
    }
}

#[test]
fn mixed_columns_are_violations_and_text_columns_are_told() {
    let text = "r,t,note,x,empty\na,1990,hello,:,\nb,1990,,2,\n";
    let told_mixed = told(csv(text, &Layout::new("r", "t")));
    assert_eq!(told_mixed.len(), 1);
    assert!(told_mixed[0].starts_with("row 2, column x: a number"), "{told_mixed:?}");
    let text = text.replace(':', "7");
    let imported = read(chunks(text.as_bytes(), 100), Format::Csv, &Layout::new("r", "t"), u64::MAX).unwrap();
    assert_eq!(imported.unused, ["note", "empty"]);
    assert_eq!(imported.panel.measures().len(), 1);
    assert_eq!(imported.panel.column(0), [Ok(7.0), Ok(2.0)]);
}

#[test]
fn memory_is_refused_with_the_numbers() {
    let text = "r,t,x\na,1990,1\nb,1990,1\nc,1990,1\n";
    let result = read(chunks(text.as_bytes(), 100), Format::Csv, &Layout::new("r", "t"), 250);
    assert!(matches!(result, Err(Error::Limit { what: "memory", limit: 250, .. })), "{result:?}");
}

#[test]
fn dates_become_the_periods_they_stand_for() {
    for (dates, periods) in [
        (["1990-02-01", "1990-05-31 00:00:00"], ["1990Q1", "1990Q2"]),
        (["1990-02-01", "1990-03-01"], ["1990-02", "1990-03"]),
        (["1990-12-31T00:00:00", "1991-12-31"], ["1990", "1991"]),
        (["1990-12-31", "1991-12"], ["1990-12", "1991-12"]),
        (["1990.0", "1991.0"], ["1990", "1991"]),
    ] {
        let panel = csv(&format!("r,t,x\na,{},1\na,{},2\n", dates[0], dates[1]), &Layout::new("r", "t")).unwrap();
        assert_eq!(panel.periods().iter().map(ToString::to_string).collect::<Vec<_>>(), periods);
        assert_eq!(panel.column(0), [Ok(1.0), Ok(2.0)]);
    }
    let twice = told(csv("r,t,x\na,1990-01-01,1\na,1990-01-31,2\n", &Layout::new("r", "t")));
    assert_eq!(twice, ["row 3: repeats the key of row 2; got \"a 1990\""]);
}

#[test]
fn attributes_of_unknown_kind_are_what_their_values_are() {
    let mut layout = Layout::new("r", "t");
    layout.attributes = ["area", "zone", "code"].map(|name| attribute(name, AttributeKind::ByValues)).to_vec();
    let panel = csv("r,t,x,area,zone,code\na,1990,1,1e3,7,(D)\nb,1990,1,,south,NA\n", &layout).unwrap();
    let data: Vec<_> = panel.attributes().iter().map(|a| a.data.clone()).collect();
    assert_eq!(data[0], AttributeData::Numeric(vec![Ok(1000.0), Err(Absent::Missing)]));
    assert_eq!(data[1], AttributeData::Text(vec![Some("7".into()), Some("south".into())]));
    assert_eq!(data[2], AttributeData::Text(vec![Some("(D)".into()), None]));
}

#[test]
fn arrow_columns_of_many_types_are_understood() {
    let instants = [0, 92 * 86_400, 183 * 86_400].map(|s: i64| s * 1_000_000_000);
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("state", Arc::new(DictionaryArray::<Int8Type>::from_iter(["Ohio", "Iowa", "Ohio"]))),
        ("when", Arc::new(TimestampNanosecondArray::from(instants.to_vec()).with_timezone("UTC"))),
        ("nace", Arc::new(LargeStringArray::from(vec!["C", "C", "D"]))),
        ("gdp", Arc::new(Float32Array::from(vec![Some(1.5), None, Some(f32::NAN)]))),
        ("jobs", Arc::new(Int64Array::from(vec![Some(1), Some(2), None]))),
        ("share", Arc::new(Decimal128Array::from(vec![125, 250, -50]).with_precision_and_scale(10, 2).unwrap())),
        ("text", Arc::new(StringViewArray::from(vec![Some("1.5"), Some("(D)"), None]))),
        ("flag", Arc::new(BooleanArray::from(vec![true, false, true]))),
    ];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut writer = StreamWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    writer.write(&batch).unwrap();
    let bytes = writer.into_inner().unwrap();
    let mut layout = Layout { industry: Some("nace".into()), ..Layout::new("state", "when") };
    let imported = read(chunks(&bytes, 64), Format::ArrowIpc, &layout, u64::MAX).unwrap();
    assert_eq!(imported.unused, ["text", "flag"]);
    let panel = imported.panel;
    assert_eq!(panel.periods().iter().map(ToString::to_string).collect::<Vec<_>>(), ["1970Q1", "1970Q2", "1970Q3"]);
    assert_eq!(panel.column(0), [Ok(1.5), Err(Absent::Missing), Err(Absent::Missing)]);
    assert_eq!(panel.column(1), [Ok(1.0), Ok(2.0), Err(Absent::Missing)]);
    assert_eq!(panel.column(2), [Ok(1.25), Ok(2.5), Ok(-0.5)]);
    let measure = |name: &str| Measure { name: name.into(), unit: String::new(), kind: MeasureKind::Flow };
    layout.measures = vec![measure("text")];
    let panel = read(chunks(&bytes, 64), Format::ArrowIpc, &layout, u64::MAX).unwrap().panel;
    assert_eq!(panel.column(0), [Ok(1.5), Err(Absent::Suppressed), Err(Absent::Missing)]);
    layout.measures = vec![measure("flag")];
    let refused = told(read(chunks(&bytes, 64), Format::ArrowIpc, &layout, u64::MAX).map(|i| i.panel));
    assert_eq!(refused, ["column flag: a measure is numbers or text with numbers; got \"Boolean\""]);
}

/// A panel with every kind of cell: gaps, statuses of all kinds, extreme numbers, odd names.
fn odd_panel(industries: bool, period: fn(usize) -> String) -> Panel {
    let keys = KeyNames {
        region: "the region".into(),
        period: "when".into(),
        industry: industries.then(|| "nace, rev. 2".to_owned()),
    };
    let measure = |name: &str, kind| Measure { name: name.into(), unit: "m".into(), kind };
    let measures = vec![
        measure("x\"y", MeasureKind::Flow),
        measure("never there", MeasureKind::Stock),
        measure("reasons", MeasureKind::Rate),
    ];
    let numbers = [0.1 + 0.2, -0.0, 1e300, 5e-324, -123_456_789.123, 1e16, f64::MAX, 1.0 / 3.0];
    let reasons = Absent::ALL;
    let mut builder = PanelBuilder::new(keys, measures);
    for row in 0..40 {
        let region = ["NA", "Île, d'Yeu", "b\"c", "1990", "x;y"][row % 5];
        let industry = ["C", "(D)"][row % 2];
        let first = if row % 7 == 3 { Err(Absent::Suppressed) } else { Ok(numbers[row % 8]) };
        let values = [first, Err(Absent::Missing), if row < 9 { Err(reasons[row]) } else { Ok(row as f64) }];
        let t = if industries { row / 10 } else { row / 5 };
        builder.push(RowKey { row, region, period: &period(t), industry: industries.then_some(industry) }, &values);
    }
    let text = [("NA", "NA"), ("1990", "(D)")].map(|(r, v)| (r.to_owned(), v.to_owned()));
    builder.text_attribute("macro", HashMap::from(text));
    let areas = [("NA".to_owned(), Ok(7.25)), ("1990".to_owned(), Err(Absent::Suppressed))];
    builder.numeric_attribute("area", "km2", HashMap::from(areas));
    builder.finish().unwrap()
}

#[test]
fn an_export_comes_back_as_the_same_panel() {
    let periods: [fn(usize) -> String; 3] = [
        |t| (1990 + 2 * t).to_string(),
        |t| format!("{}Q{}", 1990 + t / 4, t % 4 + 1),
        |t| format!("{}-{:02}", 1990 + t / 12, t % 12 + 1),
    ];
    for (industries, period) in [(false, periods[0]), (true, periods[0]), (true, periods[1]), (false, periods[2])] {
        let panel = odd_panel(industries, period);
        for format in FORMATS {
            let bytes: Vec<u8> = Export::new(&panel, format, "(D)").unwrap().flat_map(|chunk| chunk.unwrap()).collect();
            assert_eq!(Format::sniff(&bytes), format);
            for size in [bytes.len(), 13] {
                let back = read(chunks(&bytes, size), format, &Layout::of(&panel, "(D)"), u64::MAX).unwrap();
                assert_eq!(back.panel, panel, "{format:?}");
                assert!(back.unused.is_empty());
            }
        }
    }
}

#[test]
fn large_tables_come_back_in_every_format() {
    let spec = Spec { regions: 350, industries: 10, years: 20, ..Spec::default() };
    let panel = simulate(&spec).unwrap().panel;
    for format in FORMATS {
        let bytes: Vec<u8> = Export::new(&panel, format, "(D)").unwrap().flat_map(|chunk| chunk.unwrap()).collect();
        let back = read(chunks(&bytes, 1 << 20), format, &Layout::of(&panel, "(D)"), 1 << 30).unwrap().panel;
        let columns = 0..panel.measures().len();
        assert!(columns.clone().all(|m| back.column(m) == panel.column(m)), "{format:?}");
        assert_eq!(back.attributes(), panel.attributes());
    }
}

#[test]
fn the_sample_is_the_head_of_every_format() {
    let panel = odd_panel(false, |t| (1990 + t).to_string());
    for format in FORMATS {
        let bytes: Vec<u8> = Export::new(&panel, format, "(D)").unwrap().flat_map(|chunk| chunk.unwrap()).collect();
        let head = sample(chunks(&bytes, 50), format, 3).unwrap();
        assert_eq!(head.rows.len(), 3);
        assert_eq!(head.header[..2], ["the region", "when"]);
        assert_eq!(head.rows[0][..2], ["1990", "1990"]);
    }
}

#[test]
fn the_bundled_panel_needs_no_flags() {
    let bytes = std::fs::read("data/munnell.csv").unwrap();
    let head = sample(chunks(&bytes, 4096), Format::Csv, 100).unwrap();
    let guess = guess_layout(&head.header, &head.rows);
    let imported = read(chunks(&bytes, 4096), Format::Csv, &guess.layout, u64::MAX).unwrap();
    let panel = imported.panel;
    assert_eq!((panel.rows(), panel.regions().len(), panel.periods().len()), (816, 48, 17));
    assert_eq!(panel.key_names().region, "state");
    let AttributeData::Text(divisions) = &panel.find_attribute("division").unwrap().data else { panic!("no text") };
    assert!(divisions.iter().all(Option::is_some));
    assert_eq!(panel.measures().len(), 8);
    assert!(imported.unused.is_empty());
}

#[test]
fn bad_bytes_are_errors_and_no_panic() {
    let panel = odd_panel(true, |t| (1990 + t).to_string());
    let mut damaged = 0;
    for format in FORMATS {
        let bytes: Vec<u8> = Export::new(&panel, format, "(D)").unwrap().flat_map(|chunk| chunk.unwrap()).collect();
        for i in 0..bytes.len() {
            for bit in [0, 3, 7] {
                let mut bad = bytes.clone();
                bad[i] ^= 1 << bit;
                damaged += usize::from(read(chunks(&bad, 4096), format, &Layout::of(&panel, "(D)"), 1 << 24).is_err());
            }
            let _ = read(chunks(&bytes[..i], 4096), format, &Layout::of(&panel, "(D)"), 1 << 24);
        }
    }
    assert!(damaged > 1000, "{damaged}");
}

/// Bytes that count how many of them are alive.
struct Counted(Vec<u8>, Arc<AtomicUsize>);

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.1.fetch_sub(1, Ordering::SeqCst);
    }
}

#[test]
fn a_large_csv_is_read_as_it_arrives() {
    let (alive, mut most) = (Arc::new(AtomicUsize::new(0)), 0);
    let header = Some("region,industry,period,firms,value_added\n".to_owned());
    let blocks = (0..200_u32).map(|block| {
        let line = |i: u32| format!("R{i:03},I{:02},{},{}.5,{block}\n", block % 10, 1990 + block / 10, i * block);
        (0..1000).map(line).collect()
    });
    let counting = header.into_iter().chain(blocks).map(|text: String| {
        most = most.max(alive.fetch_add(1, Ordering::SeqCst) + 1);
        Ok(Bytes::from_owner(Counted(text.into_bytes(), alive.clone())))
    });
    let mut layout = Layout::new("region", "period");
    layout.industry = Some("industry".into());
    let start = std::time::Instant::now();
    let panel = read(counting, Format::Csv, &layout, 1 << 30).unwrap().panel;
    println!("200,000 rows in {:?}", start.elapsed());
    assert_eq!((panel.rows(), panel.regions().len(), panel.width()), (200_000, 1000, 10));
    assert!(most <= 2, "{most} chunks were alive at once");
    assert_eq!(alive.load(Ordering::SeqCst), 0);
}

#[test]
fn violations_of_a_layout_stop_before_the_rows() {
    let error = csv("a,b\n1,2\n", &Layout::new("state", "b")).unwrap_err();
    let expected = Violation::new("layout.region", "the table has no such column; it has a, b", "state");
    assert_eq!(error.to_string(), expected.to_string());
}
