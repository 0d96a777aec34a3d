//! Bodies of several parts, as businesses upload files with them.

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, header};

/// One part of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) name: String,
    pub(crate) filename: Option<String>,
    pub(crate) mime: Option<String>,
    pub(crate) bytes: Bytes,
}

/// The parts in their order, or what is wrong, as a sentence.
pub(crate) async fn parts(headers: &HeaderMap, body: Bytes) -> Result<Vec<Part>, String> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let boundary = multer::parse_boundary(kind.unwrap_or_default()).map_err(|e| e.to_string())?;
    let mut form = multer::Multipart::new(Body::from(body).into_data_stream(), boundary);
    let mut parts = Vec::new();
    while let Some(field) = form.next_field().await.map_err(|e| e.to_string())? {
        let name = field.name().unwrap_or_default().to_owned();
        let filename = field.file_name().map(str::to_owned);
        let mime = field.content_type().map(ToString::to_string);
        let bytes = field.bytes().await.map_err(|e| e.to_string())?;
        parts.push(Part { name, filename, mime, bytes });
    }
    Ok(parts)
}
