//! How AWS is reached: where each service is, and who calls it. Nothing is called here.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::domain::channel::Secret;

/// A service of AWS that the bundle calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    DynamoDb,
    Sqs,
    Scheduler,
    Kms,
    S3,
    Logs,
}

impl Service {
    pub const ALL: [Self; 6] =
        [Self::DynamoDb, Self::Sqs, Self::Scheduler, Self::Kms, Self::S3, Self::Logs];

    /// As addresses and signatures name it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::DynamoDb => "dynamodb",
            Self::Sqs => "sqs",
            Self::Scheduler => "scheduler",
            Self::Kms => "kms",
            Self::S3 => "s3",
            Self::Logs => "logs",
        }
    }

    /// The variable that moves this service alone to another address.
    pub(super) const fn variable(self) -> &'static str {
        match self {
            Self::DynamoDb => "AWS_ENDPOINT_URL_DYNAMODB",
            Self::Sqs => "AWS_ENDPOINT_URL_SQS",
            Self::Scheduler => "AWS_ENDPOINT_URL_SCHEDULER",
            Self::Kms => "AWS_ENDPOINT_URL_KMS",
            Self::S3 => "AWS_ENDPOINT_URL_S3",
            Self::Logs => "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS",
        }
    }
}

/// How AWS is reached. The Lambda runtime sets all of it.
#[derive(Debug, Clone)]
pub struct Access {
    pub region: String,
    pub key_id: String,
    pub secret_key: Secret,
    /// Absent with credentials that do not end.
    pub session_token: Option<Secret>,
    /// Services that are somewhere else: an emulator.
    pub endpoints: BTreeMap<Service, String>,
    /// `AWS_CA_BUNDLE`: a file of certificates (PEM) that are trusted besides the roots of AWS. For an emulator or a
    /// company's proxy; nothing is read where it is absent.
    pub ca_bundle: Option<PathBuf>,
}

impl Access {
    /// Where a service is, without a slash at the end.
    pub fn endpoint(&self, service: Service) -> String {
        let (name, region) = (service.name(), &self.region);
        match self.endpoints.get(&service) {
            Some(endpoint) => endpoint.trim_end_matches('/').to_owned(),
            None if region.starts_with("cn-") => {
                format!("https://{name}.{region}.amazonaws.com.cn")
            }
            None => format!("https://{name}.{region}.amazonaws.com"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_in_its_region_unless_it_is_elsewhere() {
        for (region, elsewhere, expected) in [
            ("eu-central-1", None, "https://sqs.eu-central-1.amazonaws.com"),
            ("cn-north-1", None, "https://sqs.cn-north-1.amazonaws.com.cn"),
            ("eu-central-1", Some("http://here/"), "http://here"),
        ] {
            let elsewhere = elsewhere.map(|endpoint: &str| (Service::Sqs, endpoint.to_owned()));
            let endpoints = elsewhere.into_iter().collect();
            let access = Access {
                region: region.to_owned(),
                key_id: "key".to_owned(),
                secret_key: Secret::new("secret"),
                session_token: None,
                endpoints,
                ca_bundle: None,
            };
            assert_eq!(access.endpoint(Service::Sqs), expected);
        }
    }
}
