//! Bodies of several parts (RFC 7578), for uploads. Made whole in memory: files are small enough.

use http::header::HeaderValue;
use ring::digest::{SHA256, digest};

/// A body in the making.
pub(super) struct Form {
    boundary: String,
    body: Vec<u8>,
}

impl Form {
    /// `file` is the largest part: the boundary follows from it, so that nobody can have put it inside.
    pub(super) fn around(file: &[u8]) -> Self {
        let boundary = format!("wharf-{}", hex::encode(&digest(&SHA256, file).as_ref()[..16]));
        Self { boundary, body: Vec::with_capacity(file.len() + 1024) }
    }

    pub(super) fn text(mut self, name: &str, value: &str) -> Self {
        self.begin(&format!("name=\"{}\"", escaped(name)), None);
        self.body.extend_from_slice(value.as_bytes());
        self.body.extend_from_slice(b"\r\n");
        self
    }

    pub(super) fn file(mut self, name: &str, filename: &str, mime: &str, bytes: &[u8]) -> Self {
        let names = format!("name=\"{}\"; filename=\"{}\"", escaped(name), escaped(filename));
        self.begin(&names, Some(mime));
        self.body.extend_from_slice(bytes);
        self.body.extend_from_slice(b"\r\n");
        self
    }

    /// The `Content-Type` and the body.
    pub(super) fn finish(mut self) -> (HeaderValue, Vec<u8>) {
        self.body.extend_from_slice(format!("--{}--\r\n", self.boundary).as_bytes());
        let kind = format!("multipart/form-data; boundary={}", self.boundary);
        let kind = HeaderValue::from_str(&kind).expect("a boundary is letters and digits");
        (kind, self.body)
    }

    fn begin(&mut self, names: &str, mime: Option<&str>) {
        let boundary = &self.boundary;
        let mut head = format!("--{boundary}\r\nContent-Disposition: form-data; {names}\r\n");
        if let Some(mime) = mime {
            let mime = mime.replace(['\r', '\n'], " ");
            head.extend(["Content-Type: ", mime.as_str(), "\r\n"]);
        }
        head.push_str("\r\n");
        self.body.extend_from_slice(head.as_bytes());
    }
}

/// As browsers write names: quotes and line breaks would end them. So would a backslash before the last quote, for
/// whoever reads it as an escape.
fn escaped(name: &str) -> String {
    name.replace('"', "%22").replace('\\', "%5C").replace('\r', "%0D").replace('\n', "%0A")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7578: the parts in their order, with names that cannot end early.
    #[test]
    fn parts_stand_between_their_boundaries() {
        let form = Form::around(b"bytes");
        let form = form.text("messaging_product", "whatsapp");
        let (kind, body) =
            form.file("file", "a\"b\r\n.pdf\\", "application/pdf", b"bytes").finish();
        insta::assert_snapshot!(kind.to_str().unwrap(), @"multipart/form-data; boundary=wharf-277089d91c0bdf4f2e6862ba7e4a0760");
        insta::assert_snapshot!(String::from_utf8(body).unwrap().replace('\r', "␍"), @r#"
        --wharf-277089d91c0bdf4f2e6862ba7e4a0760␍
        Content-Disposition: form-data; name="messaging_product"␍
        ␍
        whatsapp␍
        --wharf-277089d91c0bdf4f2e6862ba7e4a0760␍
        Content-Disposition: form-data; name="file"; filename="a%22b%0D%0A.pdf%5C"␍
        Content-Type: application/pdf␍
        ␍
        bytes␍
        --wharf-277089d91c0bdf4f2e6862ba7e4a0760--␍
        "#);
    }
}
