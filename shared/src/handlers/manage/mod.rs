//! The API that manages: one file per resource.
