//! The files of users in a bucket.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_s3::Client;
use aws_sdk_s3::operation::get_object::GetObjectError;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;

use super::failed;
use crate::domain::ids::MediaId;
use crate::error::{Error, Result};
use crate::ports::{File, Media};

const SERVICE: &str = "file store";

/// One bucket.
pub struct Bucket {
    client: Client,
    name: String,
}

impl Bucket {
    pub fn new(client: Client, name: String) -> Self {
        Self { client, name }
    }
}

#[async_trait]
impl Media for Bucket {
    async fn put(&self, id: MediaId, file: File) -> Result<()> {
        let call = self.client.put_object().bucket(&self.name).key(key(id));
        let call = call.content_type(file.mime).body(ByteStream::from(file.bytes));
        call.send().await.map(drop).map_err(|e| failed(SERVICE, e))
    }

    async fn get(&self, id: MediaId) -> Result<Option<File>> {
        let answer = self.client.get_object().bucket(&self.name).key(key(id)).send().await;
        let answer = match answer {
            Ok(answer) => answer,
            Err(error)
                if matches!(error.as_service_error(), Some(GetObjectError::NoSuchKey(_))) =>
            {
                return Ok(None);
            }
            Err(error) => return Err(failed(SERVICE, error)),
        };
        let mime = answer.content_type.unwrap_or_else(|| "application/octet-stream".to_owned());
        let bytes = answer.body.collect().await.map_err(|e| Error::unavailable(SERVICE, e))?;
        Ok(Some(File { mime, bytes: bytes.to_vec() }))
    }

    /// Signed here: no call. It ends with the function's own credentials, which last for hours.
    async fn link(&self, id: MediaId, lasts: Duration) -> Result<Option<String>> {
        let config =
            PresigningConfig::expires_in(lasts).map_err(|e| Error::unavailable(SERVICE, e))?;
        let call = self.client.get_object().bucket(&self.name).key(key(id));
        let call = call.response_content_disposition("attachment").presigned(config).await;
        call.map(|signed| Some(signed.uri().to_owned())).map_err(|e| failed(SERVICE, e))
    }
}

fn key(id: MediaId) -> String {
    format!("media/{id}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::client::Clients;
    use crate::aws::stand_in::StandIn;

    #[tokio::test]
    async fn a_file_is_put_under_its_id_and_a_missing_one_is_none() {
        let stand_in = StandIn::start(|call| match call.method.as_str() {
            "PUT" => (200, String::new()),
            _ => (404, "<Error><Code>NoSuchKey</Code><Message>no</Message></Error>".to_owned()),
        })
        .await;
        let client = Clients::new(&stand_in.access()).unwrap().s3();
        let bucket = Bucket::new(client, "files".to_owned());
        let id = MediaId::derive(&[b"m"]);
        let file = File { mime: "image/png".to_owned(), bytes: b"png".to_vec() };
        bucket.put(id, file.clone()).await.unwrap();
        assert_eq!(bucket.get(id).await.unwrap(), None);
        let calls = stand_in.calls();
        assert!(calls[0].path.starts_with(&format!("/files/media/{id}")), "{}", calls[0].path);
        assert_eq!(calls[0].headers["content-type"], "image/png");
    }

    #[tokio::test]
    async fn a_link_is_signed_without_a_call() {
        let stand_in = StandIn::start(|_| (200, String::new())).await;
        let client = Clients::new(&stand_in.access()).unwrap().s3();
        let bucket = Bucket::new(client, "files".to_owned());
        let id = MediaId::derive(&[b"m"]);
        let link = bucket.link(id, Duration::from_mins(5)).await.unwrap().unwrap();
        assert!(link.contains(&format!("/files/media/{id}?")), "{link}");
        assert!(link.contains("X-Amz-Signature=") && link.contains("X-Amz-Expires=300"), "{link}");
        assert!(stand_in.calls().is_empty());
    }

    #[tokio::test]
    async fn a_file_is_read_with_its_bytes() {
        let stand_in = StandIn::start(|_| (200, "png".to_owned())).await;
        let client = Clients::new(&stand_in.access()).unwrap().s3();
        let bucket = Bucket::new(client, "files".to_owned());
        let file = bucket.get(MediaId::derive(&[b"m"])).await.unwrap().unwrap();
        assert_eq!(file.bytes, b"png");
    }
}
