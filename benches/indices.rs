//! Indices beside the packages that regional scientists use: the same data, one run, ratios.
//!
//! `cargo bench --bench indices` needs Python 3.11 or newer; it installs the peers of `benches/peers/requirements.txt`
//! under `target/`. Without Python it prints our own figures only. Peak memory is that of this process since the data
//! were ready, over the bytes of the data.

#[path = "support/mod.rs"]
mod support;

use agglo::card::{Infer, Raw};
use agglo::indices::{Alternative, Asked, IndexCall, Study, evaluate};
use agglo::numeric::Stop;
use agglo::numeric::random::{Random, normal, stream};
use agglo::panel::{KeyNames, Measure, MeasureKind, Panel, PanelBuilder, RowKey, Value};
use rand::RngExt;
use std::hint::black_box;
use std::path::Path;
use std::time::Instant;
use support::{Outcome, peers, status};

const TRADE: (usize, usize) = (226, 785);
const LATTICE: (usize, usize) = (50, 60);
const CUBE: (usize, usize, usize) = (3_000, 1_000, 20);
const FILLED: f64 = 0.2;
const PLANTS: usize = 20_000;
const DRAWS: usize = 999;

/// One task of ours.
struct Task {
    name: &'static str,
    what: String,
    seconds: f64,
}

fn main() -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    let mut tasks = Vec::new();
    tasks.extend(complexity(folder.path())?);
    tasks.extend(space(folder.path())?);
    tasks.push(inequality(folder.path())?);
    tasks.push(k_density(folder.path())?);
    tasks.extend(concentration(folder.path())?);
    std::fs::write(folder.path().join("meta.json"), meta())?;
    let peers = peers("indices.py", folder.path()).unwrap_or_else(|error| {
        println!("no peers: {error}");
        Vec::new()
    });
    println!("\n{:22} {:58} {:>10}   peers (their seconds over ours)", "task", "work", "seconds");
    for task in &tasks {
        let ratio = |(_, peer, seconds): &(String, String, Option<f64>)| match seconds {
            Some(seconds) => format!("{peer} {:.0}x", seconds / task.seconds),
            None => format!("{peer} failed"),
        };
        let of_task: Vec<_> = peers.iter().filter(|(name, ..)| name == task.name).map(ratio).collect();
        println!("{:22} {:58} {:10.4}   {}", task.name, task.what, task.seconds, of_task.join(", "));
    }
    Ok(())
}

fn meta() -> String {
    let (most, bandwidth) = K_DENSITY;
    format!(
        r#"{{"trade": [{}, {}], "lattice": [{}, {}], "cube": [{}, {}, {}],
            "kd": {{"steps": 100, "most": {most}, "bandwidth": {bandwidth}}}}}"#,
        TRADE.0, TRADE.1, LATTICE.0, LATTICE.1, CUBE.0, CUBE.1, CUBE.2
    )
}

/// The median of a few runs after a warm-up.
fn timed(runs: usize, mut work: impl FnMut()) -> f64 {
    work();
    let mut seconds: Vec<f64> = (0..runs)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed().as_secs_f64()
        })
        .collect();
    seconds.sort_by(f64::total_cmp);
    seconds[runs / 2]
}

fn call(index: &str, parameters: &[(&str, Raw)]) -> IndexCall {
    let parameters = parameters.iter().map(|(name, raw)| ((*name).to_owned(), raw.clone())).collect();
    IndexCall { index: index.into(), measure: "x".into(), parameters, gap: None }
}

fn word(text: &str) -> Raw {
    Raw::Text(text.to_owned())
}

fn run(panel: &Panel, calls: &[IndexCall], infer: Option<Infer>) {
    let asked =
        |infer| Asked { infer: Some(infer), draws: DRAWS, seed: 1, level: 0.95, alternative: Alternative::TwoSided };
    let study = Study { inference: infer.map(asked), ..Study::default() };
    let outcomes = evaluate(panel, &study, calls, panel.periods(), &Stop::default()).expect("nobody stops the bench");
    for outcome in black_box(outcomes) {
        outcome.unwrap_or_else(|violations| panic!("{violations}"));
    }
}

fn builder(industries: bool, measures: &[&str]) -> PanelBuilder {
    let keys = KeyNames {
        region: "region".into(),
        period: "year".into(),
        industry: industries.then(|| "industry".to_owned()),
    };
    let measure = |name: &&str| Measure { name: (*name).into(), unit: String::new(), kind: MeasureKind::Count };
    PanelBuilder::new(keys, measures.iter().map(measure).collect())
}

fn write(path: &Path, name: &str, values: &[f64]) -> Outcome<()> {
    let bytes: Vec<u8> = values.iter().flat_map(|x| x.to_le_bytes()).collect();
    Ok(std::fs::write(path.join(name), bytes)?)
}

fn lognormal(random: &mut Random) -> f64 {
    normal(random).exp()
}

fn complexity(folder: &Path) -> Outcome<Option<Task>> {
    let mut random = stream(1, 0);
    let (regions, industries) = TRADE;
    let mut table = vec![0.0; regions * industries];
    let mut data = builder(true, &["x"]);
    for (cell, x) in table.iter_mut().enumerate() {
        let (region, industry) = (cell / industries, cell % industries);
        // Diversified regions make nearly everything, others only what most make: a nested table.
        let chance =
            (1.2 - region as f64 / regions as f64 - 0.6 * industry as f64 / industries as f64).clamp(0.05, 1.0);
        if random.random::<f64>() < chance {
            *x = lognormal(&mut random);
            let key = RowKey {
                row: cell,
                region: &format!("r{region:04}"),
                period: "2000",
                industry: Some(&format!("i{industry:04}")),
            };
            data.push(key, &[Ok(*x)]);
        }
    }
    write(folder, "trade.f64", &table)?;
    let panel = data.finish()?;
    let calls = [call("economic_complexity", &[]), call("product_complexity", &[])];
    let what = format!("ECI and PCI, {regions} x {industries}");
    Ok(Some(Task { name: "eci_pci", what, seconds: timed(5, || run(&panel, &calls, None)) }))
}

fn space(folder: &Path) -> Outcome<[Task; 2]> {
    let mut random = stream(2, 0);
    let (rows, columns) = LATTICE;
    let mut data = builder(false, &["x"]);
    let name = |row: usize, column: usize| format!("r{:05}", row * columns + column);
    let values: Vec<f64> = (0..rows * columns).map(|_| lognormal(&mut random)).collect();
    let mut pairs = Vec::new();
    for (cell, x) in values.iter().enumerate() {
        let (row, column) = (cell / columns, cell % columns);
        data.push(RowKey { row: cell, region: &name(row, column), period: "2000", industry: None }, &[Ok(*x)]);
        pairs.extend((row + 1 < rows).then(|| (name(row, column), name(row + 1, column))));
        pairs.extend((column + 1 < columns).then(|| (name(row, column), name(row, column + 1))));
    }
    data.contiguity(pairs);
    write(folder, "lattice.f64", &values)?;
    let panel = data.finish()?;
    let of = |name: &'static str, index: &str| {
        let calls = [call(index, &[])];
        let what = format!("{index}, {} regions, {DRAWS} permutations", rows * columns);
        Task { name, what, seconds: timed(5, || run(&panel, &calls, Some(Infer::Permutation))) }
    };
    Ok([of("moran", "moran"), of("local_moran", "local_moran")])
}

fn inequality(folder: &Path) -> Outcome<Task> {
    let mut random = stream(3, 0);
    let (regions, groups) = (3_000, 30);
    let values: Vec<f64> = (0..regions).map(|_| lognormal(&mut random)).collect();
    let group = |region: usize| region % groups;
    let mut data = builder(false, &["x"]);
    for (row, x) in values.iter().enumerate() {
        data.push(RowKey { row, region: &format!("r{row:05}"), period: "2000", industry: None }, &[Ok(*x)]);
    }
    data.text_attribute("group", (0..regions).map(|r| (format!("r{r:05}"), format!("g{:02}", group(r)))).collect());
    write(folder, "incomes.f64", &values)?;
    let codes: Vec<u8> = (0..regions).flat_map(|r| (group(r) as i64).to_le_bytes()).collect();
    std::fs::write(folder.join("groups.i64"), codes)?;
    let panel = data.finish()?;
    let calls = [call("theil_t", &[("groups", word("group"))])];
    let what = format!("Theil T between and within, {regions} regions, {DRAWS} permutations");
    let seconds = timed(5, || run(&panel, &calls, Some(Infer::Permutation)));
    Ok(Task { name: "theil_decomposition", what, seconds })
}

/// Largest distance and bandwidth of the K-density, in kilometres.
const K_DENSITY: (f64, f64) = (500.0, 20.0);

fn k_density(folder: &Path) -> Outcome<Task> {
    let mut random = stream(4, 0);
    let points: Vec<f64> = (0..2 * PLANTS).map(|_| 1_000.0 * random.random::<f64>()).collect();
    let mut data = builder(true, &["x"]);
    let name = |plant: usize| format!("p{plant:06}");
    for plant in 0..PLANTS {
        let key = RowKey { row: plant, region: &name(plant), period: "2000", industry: Some("all") };
        data.push(key, &[Ok(1.0)]);
    }
    for (axis, attribute) in ["east", "north"].into_iter().enumerate() {
        let entries = (0..PLANTS).map(|plant| (name(plant), Ok(points[2 * plant + axis])));
        data.numeric_attribute(attribute, "km", entries.collect());
    }
    write(folder, "points.f64", &points)?;
    let panel = data.finish()?;
    let (most, bandwidth) = K_DENSITY;
    let parameters = [
        ("x", word("east")),
        ("y", word("north")),
        ("max_distance", Raw::Number(most)),
        ("bandwidth", Raw::Number(bandwidth)),
    ];
    let calls = [call("duranton_overman", &parameters)];
    let what = format!("K-density, {PLANTS} plants");
    Ok(Task { name: "duranton_overman", what, seconds: timed(3, || run(&panel, &calls, None)) })
}

fn concentration(folder: &Path) -> Outcome<Vec<Task>> {
    let mut random = stream(5, 0);
    let (regions, industries, years) = CUBE;
    let mut data = builder(true, &["x", "plants"]);
    let region_names: Vec<String> = (0..regions).map(|r| format!("r{r:05}")).collect();
    let industry_names: Vec<String> = (0..industries).map(|i| format!("i{i:04}")).collect();
    let (mut cube, mut plants) = (vec![0.0; regions * industries], vec![0.0; regions * industries]);
    for file in ["cube.f64", "plants.f64"] {
        std::fs::write(folder.join(file), [])?;
    }
    for year in 0..years {
        let period = (2000 + year).to_string();
        for cell in 0..regions * industries {
            let filled = random.random::<f64>() < FILLED;
            (cube[cell], plants[cell]) = (0.0, 0.0);
            if filled {
                plants[cell] = 1.0 + (8.0 * random.random::<f64>()).floor();
                cube[cell] = (plants[cell] * 10.0 * lognormal(&mut random)).ceil();
                let (region, industry) = (&region_names[cell / industries], &industry_names[cell % industries]);
                let key = RowKey { row: cell, region, period: &period, industry: Some(industry) };
                data.push(key, &[Ok(cube[cell]), Ok(plants[cell])]);
            }
        }
        for (file, values) in [("cube.f64", &cube), ("plants.f64", &plants)] {
            use std::io::Write;
            let mut file = std::fs::OpenOptions::new().append(true).open(folder.join(file))?;
            file.write_all(&values.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>())?;
        }
    }
    drop((cube, plants));
    let panel = data.finish()?;
    let bytes = (panel.rows() * 2 * size_of::<Value>() + panel.rows() * 2 * size_of::<u32>()) as f64;
    let mut tasks = Vec::new();
    let read = timed(3, || {
        let sum: f64 = panel.column(0).iter().flatten().sum();
        black_box(sum);
    });
    tasks.push(Task { name: "read", what: "the measure read once from memory, one thread".into(), seconds: read });
    let shared = [("over", word("regions")), ("reference", word("total"))];
    for (name, index, parameters) in [
        ("ellison_glaeser", "ellison_glaeser", &[("plants", word("plants"))][..]),
        ("locational_gini", "gini", &shared[..]),
        ("hoover", "hoover", &shared[..]),
        ("hhi", "hhi", &[("over", word("regions"))][..]),
        ("hhi_regions", "hhi", &[("over", word("industries"))][..]),
        ("agglomeration", "agglomeration", &[][..]),
        ("location_quotient", "location_quotient", &[][..]),
    ] {
        let calls = [call(index, parameters)];
        let before = reset_peak();
        let seconds = timed(1, || run(&panel, &calls, None));
        let peak = peak().zip(before).map_or(f64::NAN, |(after, before)| (after - before + bytes) / bytes);
        let what =
            format!("{regions} x {industries} x {years}, {:.0}x reading, peak {peak:.2}x the data", seconds / read);
        tasks.push(Task { name, what, seconds });
    }
    Ok(tasks)
}

/// Bytes that the process holds, with its peak set back to them; `None` where the system does not tell.
fn reset_peak() -> Option<f64> {
    std::fs::write("/proc/self/clear_refs", "5").ok()?;
    status("VmRSS:")
}

fn peak() -> Option<f64> {
    status("VmHWM:")
}
