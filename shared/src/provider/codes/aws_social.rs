//! What AWS's refusals of a call mean. WhatsApp's own come later, as statuses with Meta's codes.

use super::Class;

/// By the name of its kind; `None` for one that is not known.
pub fn class(kind: &str) -> Option<Class> {
    Some(match kind {
        "ThrottledRequestException"
        | "ThrottlingException"
        | "TooManyRequestsException"
        | "InternalServiceException"
        | "InternalFailure"
        | "DependencyException"
        | "ConflictException"
        | "ServiceUnavailable"
        | "RequestTimeout" => Class::Retry(None),
        "InvalidParametersException" | "ValidationException" => Class::Final,
        // The key, what it may do, the account, or a number that is not there.
        "AccessDeniedException"
        | "AccessDeniedByMetaException"
        | "ResourceNotFoundException"
        | "LimitExceededException"
        | "UnrecognizedClientException"
        | "InvalidSignatureException"
        | "SignatureDoesNotMatch"
        | "IncompleteSignatureException"
        | "MissingAuthenticationTokenException"
        | "InvalidClientTokenId"
        | "ExpiredTokenException"
        | "OptInRequired" => Class::Configuration,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_has_its_class_by_name() {
        for (kind, expected) in [
            ("ThrottledRequestException", Some(Class::Retry(None))),
            ("DependencyException", Some(Class::Retry(None))),
            ("InvalidParametersException", Some(Class::Final)),
            ("ResourceNotFoundException", Some(Class::Configuration)),
            ("AccessDeniedByMetaException", Some(Class::Configuration)),
            ("TeapotException", None),
            ("", None),
        ] {
            assert_eq!(class(kind), expected, "{kind}");
        }
    }
}
