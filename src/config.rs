//! Settings of the service: flags over environment over file over defaults.
//!
//! The file has one `AGGLO_KEY=value` a line, as `example.env` shows. [`load_file`] puts what the
//! environment does not say into it before the flags are read.

use clap::{CommandFactory, Parser};
use std::ffi::OsString;
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::thread::available_parallelism;
use std::time::Duration;

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines: one JSON object a line.
    Json,
}

/// Everything that can be set.
#[derive(Debug, Clone, PartialEq, clap::Args)]
pub struct Config {
    /// A file of AGGLO_ settings, one KEY=value a line; see example.env.
    #[arg(long, value_name = "FILE", env = "AGGLO_CONFIG")]
    pub config: Option<PathBuf>,
    /// Address to listen on; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", env = "AGGLO_LISTEN", default_value = "127.0.0.1:50551")]
    pub listen: SocketAddr,
    /// Address of a second listener for health checks alone; without it there is none.
    #[arg(long, value_name = "ADDRESS", env = "AGGLO_HEALTH_LISTEN")]
    pub health_listen: Option<SocketAddr>,
    /// Directory of the stored datasets and models.
    #[arg(long, value_name = "DIRECTORY", env = "AGGLO_STORE", default_value = "agglo-store")]
    pub store: PathBuf,
    /// Calculations that run at the same time, and threads they share; 0 means one a core.
    #[arg(long, value_name = "N", env = "AGGLO_WORKERS", default_value_t = 0)]
    pub workers: usize,
    /// Calculations that may run or wait; further ones are refused as busy.
    #[arg(long, value_name = "N", env = "AGGLO_MAX_CALCULATIONS", default_value_t = 64)]
    pub max_calculations: usize,
    /// Largest request message, in bytes; uploads come in chunks and may be larger.
    #[arg(long, value_name = "BYTES", env = "AGGLO_MAX_MESSAGE_BYTES", default_value_t = 4 << 20)]
    pub max_message_bytes: usize,
    /// Largest answer message, in bytes.
    #[arg(long, value_name = "BYTES", env = "AGGLO_MAX_ANSWER_BYTES", default_value_t = 64 << 20)]
    pub max_answer_bytes: usize,
    /// Most memory of one calculation or upload, in bytes.
    #[arg(long, value_name = "BYTES", env = "AGGLO_MAX_CALL_MEMORY_BYTES", default_value_t = 2 << 30)]
    pub max_call_memory_bytes: u64,
    /// Most memory of all running calculations, in bytes.
    #[arg(long, value_name = "BYTES", env = "AGGLO_MAX_MEMORY_BYTES", default_value_t = 4 << 30)]
    pub max_memory_bytes: u64,
    /// Most memory of stored datasets kept ready for the next call, in bytes.
    #[arg(long, value_name = "BYTES", env = "AGGLO_CACHE_BYTES", default_value_t = 256 << 20)]
    pub cache_bytes: u64,
    /// Deadline of calls that name none, in seconds.
    #[arg(long, value_name = "SECONDS", env = "AGGLO_DEFAULT_DEADLINE_SECONDS", default_value_t = 300)]
    pub default_deadline_seconds: u64,
    /// Longest deadline a call may have, in seconds.
    #[arg(long, value_name = "SECONDS", env = "AGGLO_MAX_DEADLINE_SECONDS", default_value_t = 3_600)]
    pub max_deadline_seconds: u64,
    /// Time that running calls get to finish when the service is asked to end, in seconds.
    #[arg(long, value_name = "SECONDS", env = "AGGLO_DRAIN_GRACE_SECONDS", default_value_t = 20)]
    pub drain_grace_seconds: u64,
    /// How log lines are written.
    #[arg(long, value_name = "FORMAT", env = "AGGLO_LOG_FORMAT", value_enum, default_value = "text")]
    pub log_format: LogFormat,
    /// What is logged, as in info or warn,agglo=debug.
    #[arg(long, value_name = "FILTER", env = "AGGLO_LOG", default_value = "info")]
    pub log: String,
}

/// Why the settings cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError(String);

impl ConfigError {
    /// An error with a text for the person who runs the service.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ConfigError {}

/// A command that has the settings as its flags and nothing else.
#[derive(Debug, Parser)]
#[command(name = "agglo", no_binary_name = true, disable_help_flag = true)]
struct Flags {
    #[command(flatten)]
    config: Config,
}

impl Config {
    /// The defaults with what the environment says; for servers inside another program.
    ///
    /// # Errors
    /// The setting that cannot be read.
    pub fn from_environment() -> Result<Self, ConfigError> {
        Self::from_flags([])
    }

    /// The settings that these flags, and below them the environment, say.
    ///
    /// # Errors
    /// The setting that cannot be read.
    pub fn from_flags(flags: impl IntoIterator<Item = OsString>) -> Result<Self, ConfigError> {
        let flags = Flags::try_parse_from(flags);
        flags.map(|flags| flags.config).map_err(|error| ConfigError(error.to_string()))
    }

    /// Checks what one setting alone cannot tell.
    ///
    /// # Errors
    /// All settings that contradict each other or leave nothing to work with.
    pub fn check(&self) -> Result<(), ConfigError> {
        let rules = [
            (self.max_calculations > 0, "AGGLO_MAX_CALCULATIONS must be at least 1"),
            (self.max_message_bytes >= 1 << 10, "AGGLO_MAX_MESSAGE_BYTES must be at least 1024"),
            (self.max_answer_bytes >= 1 << 10, "AGGLO_MAX_ANSWER_BYTES must be at least 1024"),
            (self.default_deadline_seconds > 0, "AGGLO_DEFAULT_DEADLINE_SECONDS must be at least 1"),
            (
                self.max_deadline_seconds >= self.default_deadline_seconds,
                "AGGLO_MAX_DEADLINE_SECONDS must not be below AGGLO_DEFAULT_DEADLINE_SECONDS",
            ),
            (
                self.max_memory_bytes >= self.max_call_memory_bytes,
                "AGGLO_MAX_MEMORY_BYTES must not be below AGGLO_MAX_CALL_MEMORY_BYTES",
            ),
        ];
        let broken: Vec<_> = rules.iter().filter(|(holds, _)| !holds).map(|(_, rule)| *rule).collect();
        if broken.is_empty() { Ok(()) } else { Err(ConfigError(broken.join("\n"))) }
    }

    /// Calculations that run at the same time.
    pub fn worker_count(&self) -> usize {
        if self.workers == 0 { available_parallelism().map_or(1, usize::from) } else { self.workers }
    }

    /// Where a client on the same machine finds the service.
    pub fn local_endpoint(&self) -> String {
        let mut address = self.listen;
        if address.ip().is_unspecified() {
            let is_ipv4 = address.is_ipv4();
            address.set_ip(if is_ipv4 { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() });
        }
        format!("http://{address}")
    }

    /// The deadline of calls that name none, and the longest one.
    pub fn deadlines(&self) -> (Duration, Duration) {
        (Duration::from_secs(self.default_deadline_seconds), Duration::from_secs(self.max_deadline_seconds))
    }
}

/// The keys that a file or the environment may set.
pub fn keys() -> Vec<String> {
    let command = Flags::command();
    let keys = command.get_arguments().filter_map(|arg| arg.get_env());
    keys.map(|key| key.to_string_lossy().into_owned()).collect()
}

/// The flag that sets the same as `key`.
pub fn flag_of(key: &str) -> Option<String> {
    let command = Flags::command();
    let arg = command.get_arguments().find(|arg| arg.get_env().is_some_and(|env| env == key))?;
    arg.get_long().map(str::to_owned)
}

/// Finds the file named by `--config` or AGGLO_CONFIG and puts its settings into the environment, below what is there.
///
/// Call it while the program has one thread.
///
/// # Errors
/// The file that cannot be read, and every key in it that is no setting.
pub fn load_file(arguments: impl IntoIterator<Item = OsString>) -> Result<(), ConfigError> {
    let Some(path) = named_file(arguments) else { return Ok(()) };
    read_file(&path)?;
    dotenvy::from_path(&path).map_err(|error| unreadable(&path, &error))
}

/// The settings in a file.
///
/// # Errors
/// The file that cannot be read, and every key in it that is no setting.
pub fn read_file(path: &Path) -> Result<Vec<(String, String)>, ConfigError> {
    let entries = dotenvy::from_path_iter(path).map_err(|error| unreadable(path, &error))?;
    let entries: Vec<_> = entries.collect::<Result<_, _>>().map_err(|error| unreadable(path, &error))?;
    let known = keys();
    let strange: Vec<_> =
        entries.iter().map(|(key, _)| key.as_str()).filter(|key| !known.contains(&(*key).into())).collect();
    if strange.is_empty() {
        return Ok(entries);
    }
    Err(ConfigError(format!(
        "{}: no such setting: {}; known are {}",
        path.display(),
        strange.join(", "),
        known.join(", ")
    )))
}

fn unreadable(path: &Path, error: &dotenvy::Error) -> ConfigError {
    ConfigError(format!("cannot read the settings in {}: {error}", path.display()))
}

fn named_file(arguments: impl IntoIterator<Item = OsString>) -> Option<PathBuf> {
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        if argument == "--config" {
            return arguments.next().map(PathBuf::from);
        }
        if let Some(path) = argument.to_str().and_then(|text| text.strip_prefix("--config=")) {
            return Some(PathBuf::from(path));
        }
    }
    std::env::var_os("AGGLO_CONFIG").map(PathBuf::from)
}
