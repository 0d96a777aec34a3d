//! The key of an AWS account that a call leaves under: a provider that is a service of AWS puts it beside the request,
//! and whoever sends that signs it. It never leaves the process.

use super::channel::Secret;

/// A key, and what it signs for.
#[derive(Debug, Clone)]
pub struct AwsKey {
    /// As signatures name the service, `social-messaging`.
    pub service: &'static str,
    pub region: String,
    /// The access key's id.
    pub id: String,
    pub secret: Secret,
}
