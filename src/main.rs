//! The program `agglo`.

use agglo::cli::{Cli, Exit};
use agglo::config;
use std::process::ExitCode;

/// Draws of a forecast are many short vectors on all threads, which this allocator serves faster than the system's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // Settings from a file become environment variables, which needs a program of one thread.
    if let Err(error) = config::load_file(std::env::args_os()) {
        return fail(Exit::Usage, &error);
    }
    let cli = match Cli::read() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(Exit::Usage as u8) } else { ExitCode::SUCCESS };
        }
    };
    match cli.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => fail(failure.exit, &failure),
    }
}

fn fail(exit: Exit, text: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("agglo: {text}");
    ExitCode::from(exit as u8)
}
