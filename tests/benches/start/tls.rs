//! TLS in front of services on loopback, with a chain as those of AWS: a certificate of RSA 2048, signed by one that a
//! root has signed. Everything is drawn anew for each run; the programs trust the root because they are told to.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::ring::cipher_suite::TLS13_AES_128_GCM_SHA256;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// Extensions of the three certificates.
const EXTENSIONS: &str = "\
[root]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
[middle]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost
[req]
distinguished_name = name
[name]
";

/// Who is `localhost`.
pub(crate) struct Tls {
    /// The root's certificate, PEM.
    pub(crate) root: PathBuf,
    acceptor: TlsAcceptor,
}

impl Tls {
    /// Draws keys into the folder, by the command `openssl`.
    pub(crate) fn make(folder: &Path) -> Self {
        std::fs::create_dir_all(folder).expect("a folder for keys");
        std::fs::write(folder.join("extensions"), EXTENSIONS).expect("a file for extensions");
        sign(folder, "root", "root");
        sign(folder, "middle", "root");
        sign(folder, "server", "middle");
        let read = |name: &str| {
            CertificateDer::from_pem_file(folder.join(name)).expect("a certificate of openssl")
        };
        let chain = vec![read("server.pem"), read("middle.pem")];
        let key = PrivateKeyDer::from_pem_file(folder.join("server.key")).expect("its key");
        let mut ring = rustls::crypto::ring::default_provider();
        // AES-128 first, as AWS chooses; and each service is met for the first time.
        ring.cipher_suites = vec![TLS13_AES_128_GCM_SHA256];
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring))
            .with_safe_default_protocol_versions()
            .expect("ring speaks them")
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .expect("the key is the certificate's");
        config.send_tls13_tickets = 0;
        // What DynamoDB, SQS and KMS speak.
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let root = std::fs::canonicalize(folder.join("root.pem")).expect("it was just made");
        Self { root, acceptor: TlsAcceptor::from(Arc::new(config)) }
    }

    /// The address by which the service behind is reached over TLS.
    pub(crate) async fn front(&self, behind: SocketAddr) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port of loopback");
        let port = listener.local_addr().expect("it is bound").port();
        let acceptor = self.acceptor.clone();
        tokio::spawn(async move {
            while let Ok((outer, _)) = listener.accept().await {
                tokio::spawn(carry(acceptor.clone(), outer, behind));
            }
        });
        format!("https://localhost:{port}")
    }
}

/// One connection. A program that is ended breaks it, which is nobody's fault.
async fn carry(acceptor: TlsAcceptor, outer: TcpStream, behind: SocketAddr) -> std::io::Result<()> {
    outer.set_nodelay(true)?;
    let mut inner = TcpStream::connect(behind).await?;
    inner.set_nodelay(true)?;
    let mut outer = acceptor.accept(outer).await?;
    copy_bidirectional(&mut outer, &mut inner).await.map(drop)
}

/// Makes `<name>.key` and `<name>.pem`, signed by `<by>.key`.
fn sign(folder: &Path, name: &str, by: &str) {
    let openssl = |line: &str| {
        let output = Command::new("openssl").args(line.split(' ')).current_dir(folder).output();
        let output = output.expect("the command openssl is needed to draw certificates");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    let request = format!(
        "req -new -newkey rsa:2048 -nodes -config extensions -subj /CN={name} -keyout {name}.key"
    );
    openssl(&format!("{request} -out {name}.csr"));
    let issuer = if name == by {
        format!("-signkey {by}.key")
    } else {
        format!("-CA {by}.pem -CAkey {by}.key -CAcreateserial")
    };
    openssl(&format!(
        "x509 -req -days 2 -in {name}.csr {issuer} -extfile extensions -extensions {name} -out {name}.pem"
    ));
}
