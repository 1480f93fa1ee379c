//! The library by itself: from a panel, or a design where no panel can hold the data, to a fit with its covariance.
//!
//! Peak memory is that of this process since the data were ready, over the bytes of the columns that the fit uses.

use super::support::{Outcome, peers, status};
use agglo::formula::{Program, parse};
use agglo::numeric::Stop;
use agglo::numeric::random::{Random, normal, stream};
use agglo::panel::{KeyNames, Measure, MeasureKind, Panel, PanelBuilder, RowKey, Value};
use agglo::regression::covariance::Choice;
use agglo::regression::design::{Design, Effect, Groups, RowId};
use agglo::regression::{Fit, Spec, Wanted, build, fit, fit_design};
use rand::RngExt;
use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

/// Regions, periods and regressors of each panel.
const TINY: (usize, usize, usize) = (31, 20, 4);
const TWO_WAY: (usize, usize, usize) = (10_000, 100, 5);
const PLAIN: (usize, usize, usize) = (100_000, 100, 8);
/// Workers, firms, years and regressors of the matched employer–employee data.
const MATCHED: (usize, usize, usize, usize) = (100_000, 10_000, 10, 5);
/// A worker's chance to change the firm in a year.
const MOVES: f64 = 0.2;

/// One task of ours.
struct Task {
    name: &'static str,
    what: String,
    seconds: f64,
    /// Peak bytes over the bytes of the columns used.
    memory: Option<f64>,
}

/// Runs every task, the peers beside them, and prints a table.
///
/// # Errors
/// The data cannot be written where the peers read them, or a fit fails.
pub(super) fn run(tasks: &[String]) -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    let wanted = |name: &str| tasks.is_empty() || tasks.iter().any(|task| task == name);
    let mut done = Vec::new();
    if wanted("tiny") {
        done.push(on_panel("tiny", folder.path(), TINY, ("| region + year", "cluster:region"), 200)?);
    }
    if wanted("two_way") {
        done.push(on_panel("two_way", folder.path(), TWO_WAY, ("| region + year", "cluster:region"), 9)?);
    }
    if wanted("plain") {
        done.push(on_panel("plain", folder.path(), PLAIN, ("", "hc1"), 5)?);
    }
    if wanted("matched") {
        done.push(matched(folder.path())?);
    }
    let peers = peers("regression.py", folder.path()).unwrap_or_else(|error| {
        println!("no peers: {error}");
        Vec::new()
    });
    println!("\n{:10} {:74} {:>9} {:>7}   peers (their seconds over ours)", "task", "work", "seconds", "memory");
    for task in &done {
        let ratio = |(_, peer, seconds): &(String, String, Option<f64>)| match seconds {
            Some(seconds) => format!("{peer} {seconds:.4} s {:.1}x", seconds / task.seconds),
            None => format!("{peer} failed"),
        };
        let of_task: Vec<_> = peers.iter().filter(|(name, ..)| name == task.name).map(ratio).collect();
        let memory = task.memory.map_or_else(String::new, |m| format!("{m:.2}x"));
        println!("{:10} {:74} {:9.5} {memory:>7}   {}", task.name, task.what, task.seconds, of_task.join(", "));
    }
    Ok(())
}

/// The median of a few runs after a warm-up.
fn timed<T>(runs: usize, mut work: impl FnMut() -> T) -> f64 {
    drop(black_box(work()));
    let mut seconds: Vec<f64> = (0..runs)
        .map(|_| {
            let start = Instant::now();
            let done = black_box(work());
            let seconds = start.elapsed().as_secs_f64();
            drop(done);
            seconds
        })
        .collect();
    seconds.sort_by(f64::total_cmp);
    seconds[runs / 2]
}

fn spec(covariance: &str) -> Spec {
    Spec { covariance: Choice::read(covariance), ..Spec::default() }
}

fn write(folder: &Path, name: &str, bytes: impl Iterator<Item = [u8; 8]>) -> Outcome<()> {
    Ok(std::fs::write(folder.join(name), bytes.flatten().collect::<Vec<u8>>())?)
}

/// y = Σ xⱼ + effects + noise, in the order (period, region).
fn columns(regions: usize, periods: usize, regressors: usize) -> Vec<Vec<f64>> {
    let mut random = stream(7, 0);
    let regional: Vec<f64> = (0..regions).map(|_| normal(&mut random)).collect();
    let mut columns = vec![Vec::with_capacity(regions * periods); regressors + 1];
    for t in 0..periods {
        for effect in &regional {
            let x: Vec<f64> = (0..regressors).map(|_| normal(&mut random) + 0.3 * effect).collect();
            columns[0].push(x.iter().sum::<f64>() + effect + (t % 7) as f64 + normal(&mut random));
            columns[1..].iter_mut().zip(x).for_each(|(column, x)| column.push(x));
        }
    }
    columns
}

fn formula(regressors: usize, effects: &str) -> String {
    let terms: Vec<String> = (1..=regressors).map(|j| format!("x{j}")).collect();
    format!("y ~ {} {effects}", terms.join(" + "))
}

/// The panel of the task `two_way`, and its formula.
///
/// # Errors
/// The panel is refused.
#[allow(dead_code, reason = "the section over the wire may be left out of a build")]
pub(super) fn two_way() -> Outcome<(Panel, String)> {
    let (regions, periods, regressors) = TWO_WAY;
    Ok((panel(&columns(regions, periods, regressors), regions)?, formula(regressors, "| region + year")))
}

fn panel(columns: &[Vec<f64>], regions: usize) -> Outcome<Panel> {
    let names = std::iter::once("y".to_owned()).chain((1..columns.len()).map(|j| format!("x{j}")));
    let keys = KeyNames { region: "region".into(), period: "year".into(), industry: None };
    let measure = |name: String| Measure { name, unit: String::new(), kind: MeasureKind::Stock };
    let mut builder = PanelBuilder::new(keys, names.map(measure).collect());
    let regions: Vec<String> = (0..regions).map(|r| format!("r{r:06}")).collect();
    let mut values: Vec<Value> = vec![Ok(0.0); columns.len()];
    for row in 0..columns[0].len() {
        values.iter_mut().zip(columns).for_each(|(value, column)| *value = Ok(column[row]));
        let (region, period) = (&regions[row % regions.len()], (1900 + row / regions.len()).to_string());
        builder.push(RowKey { row, region, period: &period, industry: None }, &values);
    }
    Ok(builder.finish()?)
}

/// A fit of a balanced panel, from the panel to the covariance.
fn on_panel(
    name: &'static str,
    folder: &Path,
    (regions, periods, regressors): (usize, usize, usize),
    (effects, covariance): (&str, &str),
    runs: usize,
) -> Outcome<Task> {
    let columns = columns(regions, periods, regressors);
    let shape = [regions, periods, regressors].map(|x| (x as u64).to_le_bytes());
    write(folder, &format!("{name}.shape"), shape.into_iter())?;
    write(folder, &format!("{name}.f64"), columns.iter().flatten().map(|x| x.to_le_bytes()))?;
    let (panel, formula) = (panel(&columns, regions)?, formula(regressors, effects));
    drop(columns);
    let program = Program::compile(&parse(&formula)?.remove(0), &panel)?;
    let (spec, stop) = (spec(covariance), Stop::default());
    let once = || fit(&program, &panel, &spec, &stop).expect("the data allow it");
    let memory = peak(once, regions * periods * (regressors + 1) * size_of::<Value>());
    let seconds = timed(runs, once);
    let wanted = Wanted { clusters: &spec.covariance.clusters, ..Wanted::default() };
    let building = timed(runs, || build(&program, &panel, &wanted, &stop));
    let rows = regions * periods;
    let what = format!("{rows} rows x {regressors} {effects}, {covariance} (of it {building:.5} s to the design)");
    Ok(Task { name, what, seconds, memory })
}

/// Workers who change firms: effects of worker, firm and year, from the design.
fn matched(folder: &Path) -> Outcome<Task> {
    let (workers, firms, years, regressors) = MATCHED;
    let mut random = stream(8, 0);
    let (mut codes, mut x) = (vec![Vec::new(); 3], vec![Vec::new(); regressors]);
    let mut y = Vec::new();
    let of_firm: Vec<f64> = (0..firms).map(|_| normal(&mut random)).collect();
    for worker in 0..workers {
        let (talent, mut firm) = (normal(&mut random), draw_firm(&mut random, firms));
        for year in 0..years {
            if random.random::<f64>() < MOVES {
                firm = draw_firm(&mut random, firms);
            }
            let row: Vec<f64> = (0..regressors).map(|_| normal(&mut random) + 0.2 * talent).collect();
            y.push(row.iter().sum::<f64>() + talent + of_firm[firm] + year as f64 + normal(&mut random));
            x.iter_mut().zip(row).for_each(|(column, x)| column.push(x));
            let levels = [worker, firm, year];
            codes.iter_mut().zip(levels).for_each(|(codes, level)| codes.push(level as u32));
        }
    }
    let flat = std::iter::once(&y).chain(&x).flatten();
    write(folder, "matched.f64", flat.map(|x| x.to_le_bytes()))?;
    write(folder, "matched.codes", codes.iter().flatten().map(|code| u64::from(*code).to_le_bytes()))?;
    let rows = y.len();
    let effect = |(name, codes): (&str, Vec<u32>)| {
        let levels = codes.iter().max().map_or(0, |most| most + 1);
        let groups = Groups { name: name.into(), codes, levels: (0..levels).map(|g| g.to_string()).collect() };
        Effect { name: name.into(), groups, intercept: true, slope: None }
    };
    let design = Design {
        y,
        x,
        names: (1..=regressors).map(|j| format!("x{j}")).collect(),
        rows: codes[0].iter().zip(&codes[2]).map(|(w, t)| row_id(*w, *t)).collect(),
        effects: ["worker", "firm", "year"].into_iter().zip(codes).map(effect).collect(),
        ..Design::default()
    };
    let (spec, stop) = (spec("hc1"), Stop::default());
    let mut designs: Vec<Design> = (0..7).map(|_| design.clone()).collect();
    let mut iterations = 0;
    let seconds = timed(5, || {
        let fit: Fit = fit_design(designs.pop().expect("one a run"), &spec, &stop).expect("the data allow it");
        let absorption = fit.absorption.expect("there are effects");
        assert!(absorption.converged, "left {}", absorption.relative_residual);
        iterations = absorption.iterations;
        fit
    });
    let what = format!("{rows} rows x {regressors} | worker + firm + year, hc1 ({iterations} iterations)");
    Ok(Task { name: "matched", what, seconds, memory: None })
}

fn row_id(region: u32, year: u32) -> RowId {
    RowId { region, industry: 0, period: year as i32 }
}

/// Few large firms, many small ones.
fn draw_firm(random: &mut Random, firms: usize) -> usize {
    (firms as f64 * random.random::<f64>().powi(2)) as usize
}

/// Peak bytes of `work` beyond what there was before, over `bytes`; Linux only.
fn peak<T>(work: impl FnOnce() -> T, bytes: usize) -> Option<f64> {
    std::fs::write("/proc/self/clear_refs", "5").ok()?;
    let before = status("VmRSS:")?;
    drop(black_box(work()));
    Some((status("VmHWM:")? - before) / bytes as f64)
}
