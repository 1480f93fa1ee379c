//! Every index against numbers that are not ours, and against the laws on its card.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

#[path = "indices/clusters.rs"]
mod clusters;
#[path = "indices/complexity.rs"]
mod complexity;
#[path = "indices/concentration.rs"]
mod concentration;
#[path = "indices/dynamics.rs"]
mod dynamics;
#[path = "indices/golden.rs"]
mod golden;
#[path = "indices/golden_values.rs"]
mod golden_values;
#[path = "indices/inequality.rs"]
mod inequality;
#[path = "indices/laws.rs"]
mod laws;
#[path = "indices/linkages.rs"]
mod linkages;
#[path = "indices/location.rs"]
mod location;
#[path = "indices/scene.rs"]
mod scene;
#[path = "indices/space.rs"]
mod space;
#[path = "indices/specialisation.rs"]
mod specialisation;
