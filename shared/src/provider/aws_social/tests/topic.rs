//! Whom the topic's signature lets in, and what confirms an address.

use http::StatusCode;

use super::*;

const CERTIFICATE: &str = fixture!("certificate.pem");

/// As the gateway asks: for the certificate, then whether the call is signed with it.
fn verified(body: &str, channel: &OpenChannel) -> Result<(), &'static str> {
    let posted = call(body);
    match AwsSocial.certificate(&posted, channel) {
        None => AwsSocial.verify(&posted, channel),
        Some(_) => AwsSocial.verify_signed(&posted, channel, CERTIFICATE.as_bytes()),
    }
    .map_err(|refused| {
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
        refused.message
    })
}

/// README 11: everything that the channel's topic signed is let in: what it brings, and what it asks.
#[test]
fn what_the_topic_signed_is_let_in() {
    for body in [
        fixture!("text.json"),
        fixture!("text-with-subject.json"),
        fixture!("status-accepted.json"),
        fixture!("subscription.json"),
        fixture!("unsubscribe.json"),
    ] {
        assert_eq!(verified(body, &channel(&[])), Ok(()));
    }
}

/// README 11: a change of any signed field, another topic, the older signature, or another certificate: refused.
#[test]
fn whatever_else_comes_is_refused() {
    let right = json_of(fixture!("text.json"));
    for (field, value) in [
        ("Message", "{}"),
        ("MessageId", "another"),
        ("Timestamp", "2026-03-02T10:00:01.123Z"),
        ("Type", "SubscriptionConfirmation"),
        ("Subject", "more"),
        ("Signature", ""),
        ("Signature", "no base64!"),
        ("SignatureVersion", "1"),
        ("SignatureVersion", ""),
        ("TopicArn", "arn:aws:sns:eu-west-1:111122223333:other"),
        ("SigningCertURL", ""),
        ("SigningCertURL", "http://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0a.pem"),
        (
            "SigningCertURL",
            "https://sns.eu-west-1.amazonaws.com.evil.example/SimpleNotificationService-0a.pem",
        ),
        ("SigningCertURL", "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0a.pem"),
        (
            "SigningCertURL",
            "https://sns.eu-west-1.amazonaws.com:444/SimpleNotificationService-0a.pem",
        ),
        (
            "SigningCertURL",
            "https://me@sns.eu-west-1.amazonaws.com/SimpleNotificationService-0a.pem",
        ),
        ("SigningCertURL", "https://sns.eu-west-1.amazonaws.com/a.pem"),
        ("SigningCertURL", "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0a.txt"),
        (
            "SigningCertURL",
            "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0a.pem?A=b",
        ),
    ] {
        let mut body = right.clone();
        body[field] = json!(value);
        let refused = verified(&body.to_string(), &channel(&[]));
        assert!(refused.is_err(), "{field} {value}");
    }
    assert!(verified(fixture!("signature-version-1.json"), &channel(&[])).is_err());
    // Signed by another topic, whose message holds lines that look like ours.
    assert!(verified(fixture!("cut-otherwise.json"), &channel(&[])).is_err());
    let other = channel(&[("topic_arn", "arn:aws:sns:eu-west-1:111122223333:other")]);
    assert!(verified(fixture!("text.json"), &other).is_err());
    assert!(verified(fixture!("text.json"), &channel(&[("topic_arn", "")])).is_err());
    for body in ["", "{}", "[]", "null", "hello"] {
        assert!(verified(body, &channel(&[])).is_err(), "{body}");
    }
    let posted = call(fixture!("text.json"));
    for certificate in
        [&b""[..], b"hello", b"-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----"]
    {
        assert!(AwsSocial.verify_signed(&posted, &channel(&[]), certificate).is_err());
    }
    // Without a certificate nothing is proved, however right the rest is.
    assert!(AwsSocial.verify(&posted, &channel(&[])).is_err());
}

/// The certificate is had where SNS keeps it, and nowhere else; a channel with an address of its own has it there.
#[test]
fn the_certificate_is_fetched_from_sns() {
    let posted = call(fixture!("text.json"));
    let request = AwsSocial.certificate(&posted, &channel(&[])).unwrap();
    let expected = "https://sns.eu-west-1.amazonaws.com/\
                    SimpleNotificationService-0a1b2c3d4e5f60718293a4b5c6d7e8f9.pem";
    assert_eq!(request.uri(), expected);
    assert!(request.headers().is_empty() && request.extensions().is_empty());
    let own = channel(&[("base_url", "http://127.0.0.1:4010/aws_social")]);
    assert!(AwsSocial.certificate(&posted, &own).is_none());
    let mut body = json_of(fixture!("text.json"));
    body["SigningCertURL"] =
        json!("http://127.0.0.1:4010/aws_social/SimpleNotificationService-0a.pem");
    let posted = call(body.to_string());
    assert!(AwsSocial.certificate(&posted, &own).is_some());
    assert!(AwsSocial.certificate(&posted, &channel(&[])).is_none());
}

/// Only a subscription is confirmed, and only at SNS.
#[test]
fn a_subscription_is_confirmed_where_it_was_made() {
    let confirmed = |body: &str| {
        let request = AwsSocial.confirm(&call(body), &channel(&[]))?;
        Some((request.method().to_string(), request.uri().to_string()))
    };
    let address = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription\
                   &TopicArn=arn:aws:sns:eu-west-1:111122223333:whatsapp&Token=2336412f37fb";
    let expected = ("GET".to_owned(), address.to_owned());
    assert_eq!(confirmed(fixture!("subscription.json")), Some(expected));
    assert_eq!(confirmed(fixture!("subscription-elsewhere.json")), None);
    assert_eq!(confirmed(fixture!("unsubscribe.json")), None, "whoever left stays away");
    assert_eq!(confirmed(fixture!("text.json")), None);
}
