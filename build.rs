//! Compiles `proto/` with protox, so that no protoc is needed, and keeps the descriptors for reflection and JSON.

use std::{env, error::Error, fs, path::PathBuf};

const SERVICES: [&str; 6] = [
    "agglo/v1/catalog_service.proto",
    "agglo/v1/dataset_service.proto",
    "agglo/v1/error_reason.proto",
    "agglo/v1/forecast_service.proto",
    "agglo/v1/index_service.proto",
    "agglo/v1/regression_service.proto",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=proto");
    let mut compiler = protox::Compiler::new(["proto"])?;
    compiler.include_source_info(true).include_imports(true).open_files(SERVICES)?;
    let descriptors = PathBuf::from(env::var("OUT_DIR")?).join("agglo.bin");
    fs::write(descriptors, compiler.encode_file_descriptor_set())?;
    let mut names = tonic_prost_build::Config::new();
    names.enable_type_names();
    tonic_prost_build::configure()
        .bytes(".agglo.v1.ImportDatasetRequest.chunk")
        .bytes(".agglo.v1.ExportDatasetResponse.chunk")
        // Maps in order of their keys: equal requests have equal encodings, and so equal digests.
        .btree_map(".agglo.v1")
        .extern_path(".google.rpc.Status", "::tonic_types::Status")
        .emit_rerun_if_changed(false)
        .compile_fds_with_config(compiler.file_descriptor_set(), names)?;
    Ok(())
}
