//! Datasets and models in a directory that several processes use.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use agglo::error::Error;
use agglo::panel::{Absent, KeyNames, Measure, MeasureKind, Panel, PanelBuilder, RowKey, Value};
use agglo::store::{Kind, Mode, Notes, Request, Store, Stored, Version, merge};
use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::future::Future;
use std::path::{Path, PathBuf};
use std::task::Poll;

fn keys(industry: Option<&str>) -> KeyNames {
    KeyNames { region: "state".into(), period: "year".into(), industry: industry.map(str::to_owned) }
}

fn builder(industry: Option<&str>) -> PanelBuilder {
    let measure = |name: &str, kind| Measure { name: name.into(), unit: "million".into(), kind };
    PanelBuilder::new(keys(industry), vec![measure("gdp", MeasureKind::Flow), measure("jobs", MeasureKind::Count)])
}

/// A panel of two regions in these years; `x` is the first value.
fn panel(x: f64, years: &[&str]) -> Panel {
    let mut builder = builder(None);
    for (row, year) in years.iter().enumerate() {
        builder.push(RowKey { row, region: "Ohio", period: year, industry: None }, &[Ok(x), Err(Absent::Suppressed)]);
        builder.push(RowKey { row, region: "Iowa", period: year, industry: None }, &[Err(Absent::Missing), Ok(-0.0)]);
    }
    builder.text_attribute("division", HashMap::from([("Ohio".to_owned(), "Midwest".to_owned())]));
    let areas = [("Ohio".to_owned(), Ok(0.1 + 0.2)), ("Iowa".to_owned(), Err(Absent::Suppressed))];
    builder.numeric_attribute("area", "km2", HashMap::from(areas));
    builder.contiguity(vec![("Ohio".to_owned(), "Iowa".to_owned())]);
    builder.finish().unwrap()
}

async fn import(store: &Store, id: &str, mode: Mode, notes: &Notes, panel: &Panel) -> Result<Version, Error> {
    store.import(id, mode, notes, |base: Option<Stored>| async move { merge(base.as_ref(), panel) }).await
}

async fn replace(store: &Store, id: &str, panel: &Panel) -> Version {
    import(store, id, Mode::Replace, &Notes::default(), panel).await.unwrap()
}

fn open() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join("made/when/needed")).unwrap();
    (dir, store)
}

fn request(id: &str, digest: &str) -> Notes {
    Notes { request: Some(Request { id: id.into(), digest: digest.into() }), ..Notes::default() }
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() { found.extend(files(&entry)) } else { found.push(entry) }
    }
    found.sort();
    found
}

#[tokio::test]
async fn a_panel_comes_back_as_it_was() {
    let (_dir, store) = open();
    let mut odd = builder(Some("nace"));
    for (row, reason) in Absent::ALL.into_iter().enumerate() {
        let values: [Value; 2] = [Err(reason), Ok([1e300, -0.0, 5e-324, 1.0 / 3.0][row % 4])];
        let industry = Some(["C", " D "][row % 2]);
        odd.push(RowKey { row, region: " NA ", period: &format!("{}Q3", 1990 + row), industry }, &values);
    }
    for (number, panel) in [panel(0.1, &["1990", "1993"]), odd.finish().unwrap()].into_iter().enumerate() {
        let version = replace(&store, "states", &panel).await;
        assert_eq!((version.number, version.contents.rows), (number as u64 + 1, panel.rows() as u64));
        let stored = store.read("states", None).await.unwrap();
        assert_eq!(stored.version, version);
        assert_eq!(stored.decode().unwrap(), panel);
    }
    let contents = store.version("states", Some(1)).await.unwrap().contents;
    assert_eq!((contents.first_period.as_str(), contents.last_period.as_str()), ("1990", "1993"));
    assert_eq!((contents.regions, contents.industries, contents.neighbour_pairs), (2, None, 1));
    assert_eq!(contents.attributes.len(), 2);
}

#[tokio::test]
async fn the_same_panel_has_the_same_digest() {
    let (_dir, store) = open();
    let a = replace(&store, "a", &panel(1.0, &["1990", "1991"])).await;
    let b = replace(&store, "b", &panel(1.0, &["1991", "1990"])).await;
    let c = replace(&store, "c", &panel(2.0, &["1990", "1991"])).await;
    assert_eq!(a.digest, b.digest);
    assert_ne!(a.digest, c.digest);
}

#[tokio::test]
async fn append_adds_rows_and_refuses_known_keys() {
    let (_dir, store) = open();
    let notes = Notes::default();
    let nothing = import(&store, "s", Mode::Append, &notes, &panel(1.0, &["1990"])).await;
    assert!(matches!(nothing, Err(Error::NotFound(_))), "{nothing:?}");
    replace(&store, "s", &panel(1.0, &["1990"])).await;
    let second = import(&store, "s", Mode::Append, &notes, &panel(2.0, &["1991"])).await.unwrap();
    assert_eq!((second.number, second.mode, second.contents.rows), (2, Mode::Append, 4));
    let both = store.read("s", None).await.unwrap().decode().unwrap();
    assert_eq!(both.column(0), [Err(Absent::Missing), Ok(1.0), Err(Absent::Missing), Ok(2.0)]);
    assert_eq!(both.attributes(), panel(1.0, &["1990"]).attributes());
    assert_eq!(both.weights(), panel(1.0, &["1990"]).weights());
    let again = import(&store, "s", Mode::Append, &notes, &panel(9.0, &["1991", "1992"])).await.unwrap_err();
    let rule = "rows: the version before has this key already";
    assert_eq!(again.to_string(), format!("{rule}; got \"Iowa 1991\"\n{rule}; got \"Ohio 1991\""));
    assert_eq!(store.version("s", None).await.unwrap().number, 2);
}

#[tokio::test]
async fn append_refuses_another_schema_and_other_facts() {
    let (_dir, store) = open();
    replace(&store, "s", &panel(1.0, &["1990"])).await;
    let mut other = PanelBuilder::new(
        keys(Some("nace")),
        vec![Measure { name: "gdp".into(), unit: String::new(), kind: MeasureKind::Flow }],
    );
    other.push(RowKey { row: 1, region: "Utah", period: "1991-01", industry: Some("C") }, &[Ok(1.0)]);
    other.numeric_attribute("area", "acres", HashMap::new());
    let other = other.finish().unwrap();
    let Err(Error::Invalid(violations)) = import(&store, "s", Mode::Append, &Notes::default(), &other).await else {
        panic!("accepted")
    };
    let fields: Vec<_> = violations.told().iter().map(|v| v.field.as_str()).collect();
    assert_eq!(fields, ["keys", "calendar", "measures", "attributes"]);

    let mut moved = builder(None);
    moved.push(RowKey { row: 1, region: "Ohio", period: "1991", industry: None }, &[Ok(1.0), Ok(1.0)]);
    moved.text_attribute("division", HashMap::from([("Ohio".to_owned(), "South".to_owned())]));
    moved.numeric_attribute("area", "km2", HashMap::from([("Ohio".to_owned(), Ok(7.0))]));
    let error = import(&store, "s", Mode::Append, &Notes::default(), &moved.finish().unwrap()).await.unwrap_err();
    assert!(error.to_string().contains("attributes.division: ") && error.to_string().contains("attributes.area: "));
}

#[tokio::test]
async fn a_request_has_one_effect() {
    let (_dir, store) = open();
    let (first, second) = (panel(1.0, &["1990"]), panel(2.0, &["1991"]));
    import(&store, "s", Mode::Replace, &request("r1", "d1"), &first).await.unwrap();
    let appended = import(&store, "s", Mode::Append, &request("r2", "d2"), &second).await.unwrap();
    let again = import(&store, "s", Mode::Append, &request("r2", "d2"), &second).await.unwrap();
    assert_eq!(again, appended);
    let other = import(&store, "s", Mode::Append, &request("r1", "d2"), &second).await;
    assert!(matches!(other, Err(Error::Precondition(_))), "{other:?}");
    assert_eq!(store.version("s", None).await.unwrap().number, 2);
    store.delete_dataset("s").await.unwrap();
    let late = import(&store, "s", Mode::Replace, &request("r1", "d1"), &first).await;
    assert!(matches!(late, Err(Error::Precondition(_))), "{late:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn retries_at_the_same_time_have_one_effect() {
    let (_dir, store) = open();
    let retry = |i: u64| {
        let store = store.clone();
        tokio::spawn(async move {
            let panel = panel(1.0, &["1990"]);
            import(&store, "s", Mode::Replace, &request(&format!("r{}", i % 5), "d"), &panel).await.unwrap()
        })
    };
    let tasks: Vec<_> = (0..40).map(retry).collect();
    let mut numbers: BTreeMap<String, BTreeSet<u64>> = BTreeMap::new();
    for task in tasks {
        let version = task.await.unwrap();
        numbers.entry(version.notes.request.unwrap().id).or_default().insert(version.number);
    }
    assert_eq!(numbers.values().map(BTreeSet::len).collect::<Vec<_>>(), [1; 5]);
    assert_eq!(store.version("s", None).await.unwrap().number, 5);
}

#[tokio::test]
async fn a_deleted_dataset_is_gone_and_its_numbers_go_on() {
    let (dir, store) = open();
    replace(&store, "s", &panel(1.0, &["1990"])).await;
    replace(&store, "s", &panel(2.0, &["1990"])).await;
    store.delete_dataset("s").await.unwrap();
    assert!(matches!(store.version("s", None).await, Err(Error::NotFound(_))));
    assert!(matches!(store.version("s", Some(1)).await, Err(Error::NotFound(_))));
    assert!(matches!(store.versions("s", 10, None).await, Err(Error::NotFound(_))));
    assert!(matches!(store.delete_dataset("s").await, Err(Error::NotFound(_))));
    assert!(store.datasets(10, None).await.unwrap().items.is_empty());
    assert!(!files(dir.path()).iter().any(|f| f.to_string_lossy().contains("/data/")), "its data are removed");
    let version = replace(&store, "s", &panel(3.0, &["1990"])).await;
    assert_eq!(version.number, 4);
    assert!(matches!(store.read("s", Some(2)).await, Err(Error::NotFound(_))));
    let versions = store.versions("s", 10, None).await.unwrap();
    assert_eq!(versions.items, [version]);
    assert_eq!(store.read("s", Some(4)).await.unwrap().decode().unwrap(), panel(3.0, &["1990"]));
}

#[tokio::test]
async fn pages_follow_names_and_numbers() {
    let (_dir, store) = open();
    for id in ["b", "a", "d", "c"] {
        replace(&store, id, &panel(1.0, &["1990"])).await;
    }
    store.delete_dataset("c").await.unwrap();
    for _ in 0..4 {
        replace(&store, "b", &panel(2.0, &["1990"])).await;
    }
    let ids = |versions: Vec<Version>| versions.into_iter().map(|v| v.dataset).collect::<Vec<_>>();
    let first = store.datasets(2, None).await.unwrap();
    assert_eq!(first.next.as_deref(), Some("b"));
    assert_eq!(ids(first.items), ["a", "b"]);
    let second = store.datasets(2, Some("b")).await.unwrap();
    assert_eq!((ids(second.items), second.next), (vec!["d".to_owned()], None));
    assert_eq!(store.datasets(3, None).await.unwrap().next, None);
    let numbers = |versions: Vec<Version>| versions.into_iter().map(|v| v.number).collect::<Vec<_>>();
    let first = store.versions("b", 3, None).await.unwrap();
    assert_eq!((numbers(first.items), first.next.as_deref()), (vec![1, 2, 3], Some("3")));
    let second = store.versions("b", 3, Some(3)).await.unwrap();
    assert_eq!((numbers(second.items), second.next), (vec![4, 5], None));
    assert!(matches!(store.version("b", Some(6)).await, Err(Error::NotFound(_))));
    assert!(matches!(store.version("b", Some(0)).await, Err(Error::NotFound(_))));
    assert!(matches!(store.version("B!", None).await, Err(Error::Invalid(_))));
}

#[tokio::test]
async fn models_and_scenarios_are_kept_apart_and_never_changed() {
    let (_dir, store) = open();
    for kind in [Kind::Model, Kind::Scenario] {
        let bytes = Bytes::from_static(b"coefficients");
        let id = "c";
        let notes = BTreeMap::from([("formula".to_owned(), "y ~ x".to_owned())]);
        let blob = store.put_blob(kind, id, bytes.clone(), notes.clone()).await.unwrap();
        assert_eq!(store.put_blob(kind, id, bytes.clone(), BTreeMap::new()).await.unwrap(), blob);
        let other = store.put_blob(kind, id, Bytes::from_static(b"others"), BTreeMap::new()).await;
        assert!(matches!(other, Err(Error::AlreadyExists(_))), "{other:?}");
        assert_eq!(store.blob(kind, id).await.unwrap(), (blob.clone(), bytes));
        assert_eq!(store.blobs(kind, 10, None).await.unwrap().items, [blob]);
        store.delete_blob(kind, id).await.unwrap();
        assert!(matches!(store.blob(kind, id).await, Err(Error::NotFound(_))));
        let again = store.put_blob(kind, id, Bytes::from_static(b"others"), notes).await.unwrap();
        assert_eq!(store.blobs(kind, 10, None).await.unwrap().items, [again]);
    }
    let ids = [Kind::Model, Kind::Scenario].map(|kind| kind.id_of(b"coefficients"));
    assert!(ids[0].starts_with("m-") && ids[1].starts_with("s-") && ids[0][2..] == ids[1][2..], "{ids:?}");
}

#[tokio::test]
async fn what_was_not_published_is_invisible() {
    let (dir, store) = open();
    let (one, two) = (panel(1.0, &["1990"]), panel(2.0, &["1990"]));
    // A writer that dies after writing its data and before its entry: the data are there, the version is not.
    let notes = Notes::default();
    let mut dies = Box::pin(import(&store, "s", Mode::Replace, &notes, &one));
    let mut polls = 0;
    while !files(dir.path()).iter().any(|f| f.to_string_lossy().contains("/data/")) {
        let poll = std::future::poll_fn(|context| Poll::Ready(dies.as_mut().poll(context))).await;
        assert!(poll.is_pending(), "it was published");
        polls += 1;
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    assert!(polls > 0);
    drop(dies);
    assert!(matches!(store.version("s", None).await, Err(Error::NotFound(_))));
    assert!(store.datasets(10, None).await.unwrap().items.is_empty());
    // What a killed process leaves of a half-written entry.
    let entries = dir.path().join("made/when/needed/datasets/s/versions");
    std::fs::create_dir_all(&entries).unwrap();
    std::fs::write(entries.join("0000000001.json#1"), b"{\"id\":").unwrap();
    assert!(store.datasets(10, None).await.unwrap().items.is_empty());
    assert_eq!(replace(&store, "s", &two).await.number, 1);
    assert_eq!(store.read("s", None).await.unwrap().decode().unwrap(), two);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_stores_on_one_directory_agree() {
    let dir = tempfile::tempdir().unwrap();
    let writer = |w: u32| {
        let store = Store::open(dir.path()).unwrap();
        tokio::spawn(async move {
            let mut numbers = Vec::new();
            for i in 0..50 {
                let version = replace(&store, "s", &panel(f64::from(100 * w + i), &["1990"])).await;
                numbers.push((version.number, f64::from(100 * w + i)));
                let seen = store.version("s", None).await.unwrap();
                assert!(seen.number >= version.number);
            }
            numbers
        })
    };
    let (a, b) = (writer(1), writer(2));
    let written: BTreeMap<u64, f64> = a.await.unwrap().into_iter().chain(b.await.unwrap()).collect();
    assert_eq!(written.keys().copied().collect::<Vec<_>>(), (1..=100).collect::<Vec<_>>());
    let reader = Store::open(dir.path()).unwrap();
    for (number, x) in written {
        assert_eq!(reader.read("s", Some(number)).await.unwrap().decode().unwrap(), panel(x, &["1990"]));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn appends_at_the_same_time_lose_nothing() {
    let (_dir, store) = open();
    replace(&store, "s", &panel(0.0, &["1900"])).await;
    let append = |i: i32| {
        let store = store.clone();
        tokio::spawn(async move {
            let year = (1901 + i).to_string();
            import(&store, "s", Mode::Append, &Notes::default(), &panel(f64::from(i), &[&year])).await.unwrap().number
        })
    };
    let tasks: Vec<_> = (0..20).map(append).collect();
    let mut numbers = BTreeSet::new();
    for task in tasks {
        numbers.insert(task.await.unwrap());
    }
    assert_eq!(numbers, (2..=21).collect());
    assert_eq!(store.read("s", None).await.unwrap().decode().unwrap().periods().len(), 21);
}

#[tokio::test]
async fn damage_is_noticed_and_never_an_answer() {
    let (dir, store) = open();
    let first = panel(1.0, &["1990", "1991"]);
    replace(&store, "s", &first).await;
    store.put_blob(Kind::Model, "m", Bytes::from_static(b"coefficients"), BTreeMap::new()).await.unwrap();
    let mut trials = 0;
    for file in files(dir.path()) {
        let whole = std::fs::read(&file).unwrap();
        for i in 0..whole.len() {
            let mut bad = whole.clone();
            bad[i] ^= 1 << (i % 8);
            let cut = &whole[..i];
            for damaged in [bad.as_slice(), cut] {
                std::fs::write(&file, damaged).unwrap();
                let decoded = match store.read("s", None).await {
                    Ok(stored) => stored.decode().map(drop),
                    Err(error) => Err(error),
                };
                let model = store.blob(Kind::Model, "m").await.map(drop);
                let errors: Vec<_> = [decoded, model].into_iter().filter_map(Result::err).collect();
                assert!(errors.len() == 1 && matches!(errors[0], Error::DataLoss(_)), "{file:?}: {errors:?}");
                trials += 1;
            }
        }
        std::fs::remove_file(&file).unwrap();
        let results = [store.read("s", None).await.map(drop), store.blob(Kind::Model, "m").await.map(drop)];
        let errors: Vec<_> = results.into_iter().filter_map(Result::err).collect();
        assert!(errors.len() == 1 && matches!(errors[0], Error::DataLoss(_)), "{file:?}: {errors:?}");
        std::fs::write(&file, &whole).unwrap();
    }
    println!("{trials} damaged files, each noticed");
    assert!(trials > 5_000);
    assert_eq!(store.read("s", None).await.unwrap().decode().unwrap(), first);
}

#[tokio::test]
async fn one_damaged_entry_stops_neither_lists_nor_replacement_nor_deletion() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let small = panel(1.0, &["1990"]);
    for id in ["a", "b", "c"] {
        replace(&store, id, &small).await;
        store.put_blob(Kind::Model, id, Bytes::from_static(b"model"), BTreeMap::new()).await.unwrap();
    }
    for collection in ["datasets", "models"] {
        let file = folder.path().join(collection).join("b/versions/0000000001.json");
        let mut bytes = std::fs::read(&file).unwrap();
        bytes[20] ^= 1;
        std::fs::write(&file, bytes).unwrap();
    }
    let store = Store::open(folder.path()).unwrap();
    let ids = async || store.datasets(9, None).await.unwrap().items.into_iter().map(|v| v.dataset).collect::<Vec<_>>();
    assert_eq!(ids().await, ["a", "c"]);
    let models: Vec<_> =
        store.blobs(Kind::Model, 9, None).await.unwrap().items.into_iter().map(|model| model.id).collect();
    assert_eq!(models, ["a", "c"]);
    assert!(matches!(store.version("b", None).await, Err(Error::DataLoss(_))));
    assert!(matches!(import(&store, "b", Mode::Append, &Notes::default(), &small).await, Err(Error::DataLoss(_))));
    let request = Some(Request { id: "r".into(), digest: "d".into() });
    let notes = Notes { request, ..Notes::default() };
    for _ in 0..2 {
        assert_eq!(import(&store, "b", Mode::Replace, &notes, &small).await.unwrap().number, 2);
    }
    let listed: Vec<_> = store.versions("b", 9, None).await.unwrap().items.into_iter().map(|v| v.number).collect();
    assert_eq!((ids().await.len(), listed), (3, vec![2]));
    assert_eq!(store.read("b", None).await.unwrap().decode().unwrap(), small);
    store.delete_blob(Kind::Model, "b").await.unwrap();
    store.put_blob(Kind::Model, "b", Bytes::from_static(b"other"), BTreeMap::new()).await.unwrap();

    let file = folder.path().join("datasets/c/versions/0000000001.json");
    std::fs::write(file, "nothing").unwrap();
    store.delete_dataset("c").await.unwrap();
    assert!(matches!(store.delete_dataset("c").await, Err(Error::NotFound(_))));
    assert_eq!(ids().await, ["a", "b"]);
}
