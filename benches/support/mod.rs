//! What the benches share: a server in this process, uploads to it, peers in Python, and figures of this process.
#![allow(dead_code, reason = "every bench uses a part")]

use agglo::api::v1::{
    DataFormat, DatasetSchema, DatasetSource, ImportDatasetRequest, ImportFinish, ImportHeader,
    dataset_service_client::DatasetServiceClient, dataset_source::Source, import_dataset_request::Frame,
};
use agglo::config::Config;
use agglo::ingest::{Export, Format};
use agglo::panel::Panel;
use agglo::server::{self, RunningServer};
use sha2::{Digest, Sha256};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;
use tonic::transport::Channel;

/// The program's allocator, so that benches time what it runs.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The outcome of a step of a bench.
pub(crate) type Outcome<T> = Result<T, Box<dyn Error>>;

/// Bytes of one frame of an upload.
const FRAME: usize = 1 << 20;

/// A server in this process, with a store of its own.
pub(crate) struct Served {
    pub(crate) server: RunningServer,
    pub(crate) channel: Channel,
    _store: TempDir,
}

impl Served {
    /// Starts a server whose calculations run on so many threads; 0 means one a core.
    pub(crate) async fn start(workers: usize) -> Outcome<Self> {
        let store = tempfile::tempdir()?;
        let config = Config {
            listen: "127.0.0.1:0".parse()?,
            store: store.path().to_owned(),
            workers,
            ..Config::from_environment().map_err(|e| e.to_string())?
        };
        let server = server::start(&config).await?;
        let channel = Channel::from_shared(format!("http://{}", server.address()))?.connect().await?;
        Ok(Self { server, channel, _store: store })
    }

    /// Uploads a panel; `attributes` are the columns that tell of regions.
    pub(crate) async fn upload(&self, id: &str, panel: &Panel, attributes: &[&str]) -> Outcome<DatasetSource> {
        let csv: Vec<u8> = Export::new(panel, Format::Csv, "(D)")?.collect::<Result<Vec<_>, _>>()?.concat();
        let keys = panel.key_names();
        let schema = DatasetSchema {
            region_column: keys.region.clone(),
            period_column: keys.period.clone(),
            industry_column: keys.industry.clone().unwrap_or_default(),
            attribute_columns: attributes.iter().map(|&name| name.to_owned()).collect(),
            ..DatasetSchema::default()
        };
        let header = ImportHeader {
            dataset_id: id.to_owned(),
            schema: Some(schema),
            format: DataFormat::Csv.into(),
            ..ImportHeader::default()
        };
        let finish = ImportFinish { row_count: panel.rows() as i64, sha256: hex::encode(Sha256::digest(&csv)) };
        let chunks = csv.chunks(FRAME).map(|chunk| Frame::Chunk(chunk.to_vec().into()));
        let frames: Vec<_> =
            std::iter::once(Frame::Header(header)).chain(chunks).chain([Frame::Finish(finish)]).collect();
        let frames = tokio_stream::iter(frames.into_iter().map(|frame| ImportDatasetRequest { frame: Some(frame) }));
        let mut client = DatasetServiceClient::new(self.channel.clone());
        let stored = client.import_dataset(frames).await?.into_inner();
        let name = stored.dataset.map(|dataset| dataset.name).unwrap_or_default();
        Ok(DatasetSource { source: Some(Source::Name(name)) })
    }
}

/// Prints the median and the extremes, and gives the median in seconds.
pub(crate) fn report(what: &str, mut times: Vec<Duration>) -> f64 {
    times.sort();
    let ms = |time: Duration| time.as_secs_f64() * 1000.0;
    let (least, median, most) = (times[0], times[times.len() / 2], times[times.len() - 1]);
    println!("{what}: median {:.1} ms, from {:.1} to {:.1} ms", ms(median), ms(least), ms(most));
    median.as_secs_f64()
}

/// Bytes of a field of this process's status in kibibytes, such as VmHWM.
pub(crate) fn status(field: &str) -> Option<f64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find(|line| line.starts_with(field))?;
    line.split_whitespace().nth(1)?.parse::<f64>().ok().map(|kib| kib * 1024.0)
}

/// Runs the peers of a script of `benches/peers` on the data in `folder`: task, peer and seconds, `None` where one failed.
pub(crate) fn peers(script: &str, folder: &Path) -> Outcome<Vec<(String, String, Option<f64>)>> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = environment(here)?;
    let output = Command::new(python).arg(here.join("benches/peers").join(script)).arg(folder).output()?;
    eprint!("{}", String::from_utf8_lossy(&output.stderr));
    let line = |line: &str| -> Option<(String, String, Option<f64>)> {
        let json: serde_json::Value = serde_json::from_str(line).ok()?;
        let text = |field: &str| json[field].as_str().map(str::to_owned);
        if let Some(error) = text("error") {
            println!("{} failed: {error}", text("peer")?);
        }
        Some((text("name")?, text("peer")?, json["seconds"].as_f64()))
    };
    Ok(String::from_utf8_lossy(&output.stdout).lines().filter_map(line).collect())
}

/// The Python of an environment with the peers: that of `AGGLO_PEERS`, or one made when it is not there.
fn environment(here: &Path) -> Outcome<PathBuf> {
    if let Some(python) = std::env::var_os("AGGLO_PEERS") {
        return Ok(python.into());
    }
    let folder = here.join("target/bench-peers");
    let python = folder.join("bin/python");
    if !folder.join("ready").exists() {
        ensure(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
        let requirements = here.join("benches/peers/requirements.txt");
        ensure(Command::new(&python).args(["-m", "pip", "install", "--quiet", "-r"]).arg(requirements))?;
        std::fs::write(folder.join("ready"), [])?;
    }
    Ok(python)
}

fn ensure(command: &mut Command) -> Outcome<()> {
    match command.status()?.success() {
        true => Ok(()),
        false => Err(format!("{command:?} failed").into()),
    }
}
