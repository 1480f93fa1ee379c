//! Names of resources: `datasets/{dataset}`, `datasets/{dataset}/versions/{version}`, `models/{model}`,
//! `scenarios/{scenario}`.

use crate::error::Violation;
use crate::store::{Version, check_id};

/// A dataset, and one of its versions when the name says which.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DatasetName {
    /// The dataset's id.
    pub(super) dataset: String,
    /// The version's number; the newest when there is none.
    pub(super) version: Option<u64>,
}

/// Reads the name of a dataset or of one of its versions.
pub(super) fn dataset_or_version(name: &str, field: &str) -> Result<DatasetName, Violation> {
    let rule = "is written datasets/{dataset} or datasets/{dataset}/versions/{version}";
    let parts: Vec<&str> = name.split('/').collect();
    let (dataset, version) = match parts[..] {
        ["datasets", dataset] => (dataset, None),
        ["datasets", dataset, "versions", version] => (dataset, Some(version)),
        _ => return Err(Violation::new(field, rule, name)),
    };
    let version = match version {
        Some(text) => Some(number(text).ok_or_else(|| Violation::new(field, rule, name))?),
        None => None,
    };
    check_id(field, dataset)?;
    Ok(DatasetName { dataset: dataset.to_owned(), version })
}

/// A version's number as names write it: from 1, without a sign or leading zeros.
pub(super) fn number(text: &str) -> Option<u64> {
    text.parse().ok().filter(|number: &u64| *number > 0 && number.to_string() == text)
}

/// Reads the name of a dataset as a whole.
pub(super) fn dataset(name: &str, field: &str) -> Result<String, Violation> {
    whole("datasets", "datasets/{dataset}", name, field)
}

/// Reads the name of a model.
pub(super) fn model(name: &str, field: &str) -> Result<String, Violation> {
    whole("models", "models/{model}", name, field)
}

/// Reads the name of a stored scenario.
pub(super) fn scenario(name: &str, field: &str) -> Result<String, Violation> {
    whole("scenarios", "scenarios/{scenario}", name, field)
}

fn whole(collection: &str, pattern: &str, name: &str, field: &str) -> Result<String, Violation> {
    let id = name.strip_prefix(collection).and_then(|rest| rest.strip_prefix('/'));
    let Some(id) = id.filter(|id| !id.contains('/')) else {
        return Err(Violation::new(field, format!("is written {pattern}"), name));
    };
    check_id(field, id)?;
    Ok(id.to_owned())
}

/// The name of a version.
pub(super) fn of_version(version: &Version) -> String {
    format!("datasets/{}/versions/{}", version.dataset, version.number)
}

/// The name of the stored scenario with this id.
pub(super) fn of_scenario(id: &str) -> String {
    format!("scenarios/{id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read() {
        let name = |version| DatasetName { dataset: "us-states".into(), version };
        assert_eq!(dataset_or_version("datasets/us-states", "name").unwrap(), name(None));
        assert_eq!(dataset_or_version("datasets/us-states/versions/7", "name").unwrap(), name(Some(7)));
        assert_eq!(dataset("datasets/us-states", "name").unwrap(), "us-states");
        assert_eq!(model("models/growth", "name").unwrap(), "growth");
        assert_eq!(scenario(&of_scenario("invest"), "name").unwrap(), "invest");
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for name in [
            "",
            "us-states",
            "datasets/",
            "datasets/A",
            "models/a",
            "datasets/a/versions/",
            "datasets/a/versions/x",
            "datasets/a/versions/01",
            "datasets/a/versions/+1",
        ] {
            assert_eq!(dataset_or_version(name, "name").unwrap_err().field, "name", "{name}");
        }
        assert!(dataset("datasets/a/versions/1", "name").is_err());
        assert!(model("models", "name").is_err() && model("modelsx/a", "name").is_err());
    }
}
