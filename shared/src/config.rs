//! Every variable by name, and which function needs which. Nothing else reads the environment. All that are missing
//! are reported together; a secret has no default.

mod access;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use crate::domain::channel::{ProviderKind, Secret};
use crate::ports::QueueName;

pub use access::{Access, Service};

/// A variable that the template gives to functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Variable {
    /// Name of the table.
    TableName,
    /// Addresses of the queues that a function puts jobs on.
    EventQueueUrl,
    MessageQueueUrl,
    HookQueueUrl,
    FollowUpQueueUrl,
    ExpiryQueueUrl,
    /// The queue that a function works off, and where that puts what it gives up.
    QueueUrl,
    DeadLetterQueueUrl,
    /// Where timers fire into.
    FollowUpQueueArn,
    ExpiryQueueArn,
    HookQueueArn,
    /// The group of timers, the role they fire in, and where they go if they cannot.
    TimerGroup,
    TimerRoleArn,
    TimerDeadLetterQueueArn,
    /// The key that seals credentials.
    SecretsKeyId,
    /// The bucket of users' files.
    MediaBucket,
    /// Where callers reach the API: links to files begin so. Empty: where the caller found it.
    PublicUrl,
    /// Where providers reach their webhooks. Empty: where callers reach the API.
    WebhookUrl(ProviderKind),
    /// The log of all functions, and for how many days it is kept: what the balance is counted from.
    LogGroup,
    LogRetentionDays,
}

impl Variable {
    pub const fn name(self) -> &'static str {
        match self {
            Self::TableName => "TABLE_NAME",
            Self::EventQueueUrl => "EVENT_QUEUE_URL",
            Self::MessageQueueUrl => "MESSAGE_QUEUE_URL",
            Self::HookQueueUrl => "HOOK_QUEUE_URL",
            Self::FollowUpQueueUrl => "FOLLOW_UP_QUEUE_URL",
            Self::ExpiryQueueUrl => "EXPIRY_QUEUE_URL",
            Self::QueueUrl => "QUEUE_URL",
            Self::DeadLetterQueueUrl => "DEAD_LETTER_QUEUE_URL",
            Self::FollowUpQueueArn => "FOLLOW_UP_QUEUE_ARN",
            Self::ExpiryQueueArn => "EXPIRY_QUEUE_ARN",
            Self::HookQueueArn => "HOOK_QUEUE_ARN",
            Self::TimerGroup => "TIMER_GROUP",
            Self::TimerRoleArn => "TIMER_ROLE_ARN",
            Self::TimerDeadLetterQueueArn => "TIMER_DEAD_LETTER_QUEUE_ARN",
            Self::SecretsKeyId => "SECRETS_KEY_ID",
            Self::MediaBucket => "MEDIA_BUCKET",
            Self::PublicUrl => "PUBLIC_URL",
            Self::WebhookUrl(provider) => match provider {
                ProviderKind::Gupshup => "WEBHOOK_GUPSHUP_URL",
                ProviderKind::Meta => "WEBHOOK_META_URL",
                ProviderKind::Infobip => "WEBHOOK_INFOBIP_URL",
                ProviderKind::Karix => "WEBHOOK_KARIX_URL",
                ProviderKind::Dialog360 => "WEBHOOK_DIALOG360_URL",
                ProviderKind::AwsSocial => "WEBHOOK_AWS_SOCIAL_URL",
            },
            Self::LogGroup => "LOG_GROUP",
            Self::LogRetentionDays => "LOG_RETENTION_DAYS",
        }
    }

    /// Whether an empty value says something.
    const fn may_be_empty(self) -> bool {
        matches!(self, Self::PublicUrl | Self::WebhookUrl(_))
    }

    /// The address of a queue.
    pub const fn url(queue: QueueName) -> Self {
        match queue {
            QueueName::Event => Self::EventQueueUrl,
            QueueName::Message => Self::MessageQueueUrl,
            QueueName::Hook => Self::HookQueueUrl,
            QueueName::FollowUp => Self::FollowUpQueueUrl,
            QueueName::Expiry => Self::ExpiryQueueUrl,
        }
    }

    /// The queue as a timer names it, for those that timers fire into.
    pub const fn arn(queue: QueueName) -> Option<Self> {
        match queue {
            QueueName::Hook => Some(Self::HookQueueArn),
            QueueName::FollowUp => Some(Self::FollowUpQueueArn),
            QueueName::Expiry => Some(Self::ExpiryQueueArn),
            QueueName::Event | QueueName::Message => None,
        }
    }
}

use Variable as V;

const WEBHOOK: &[Variable] = &[V::TableName, V::SecretsKeyId, V::EventQueueUrl, V::HookQueueUrl];
const API: &[Variable] = &[
    V::TableName,
    V::SecretsKeyId,
    V::MessageQueueUrl,
    V::HookQueueUrl,
    V::MediaBucket,
    V::PublicUrl,
    V::WebhookUrl(ProviderKind::Gupshup),
    V::WebhookUrl(ProviderKind::Meta),
    V::WebhookUrl(ProviderKind::Infobip),
    V::WebhookUrl(ProviderKind::Karix),
    V::WebhookUrl(ProviderKind::Dialog360),
    V::WebhookUrl(ProviderKind::AwsSocial),
    V::LogGroup,
    V::LogRetentionDays,
];
const OUTBOUND_SEND: &[Variable] = &[V::TableName, V::MessageQueueUrl, V::HookQueueUrl];
const EVENT_ROUTE: &[Variable] = &[
    V::TableName,
    V::SecretsKeyId,
    V::MessageQueueUrl,
    V::HookQueueUrl,
    V::QueueUrl,
    V::DeadLetterQueueUrl,
    V::FollowUpQueueArn,
    V::ExpiryQueueArn,
    V::TimerGroup,
    V::TimerRoleArn,
    V::TimerDeadLetterQueueArn,
    V::MediaBucket,
];
const MESSAGE_DELIVER: &[Variable] = &[
    V::TableName,
    V::SecretsKeyId,
    V::EventQueueUrl,
    V::HookQueueUrl,
    V::QueueUrl,
    V::DeadLetterQueueUrl,
    V::FollowUpQueueArn,
    V::TimerGroup,
    V::TimerRoleArn,
    V::TimerDeadLetterQueueArn,
    V::MediaBucket,
];
const HOOK_DELIVER: &[Variable] = &[
    V::TableName,
    V::SecretsKeyId,
    V::EventQueueUrl,
    V::HookQueueUrl,
    V::QueueUrl,
    V::DeadLetterQueueUrl,
    V::HookQueueArn,
    V::TimerGroup,
    V::TimerRoleArn,
    V::TimerDeadLetterQueueArn,
    V::PublicUrl,
];
const TEMPLATE_POLL: &[Variable] = &[V::TableName, V::SecretsKeyId, V::HookQueueUrl];
const FOLLOW_UP: &[Variable] = &[
    V::TableName,
    V::SecretsKeyId,
    V::MessageQueueUrl,
    V::FollowUpQueueUrl,
    V::QueueUrl,
    V::DeadLetterQueueUrl,
    V::FollowUpQueueArn,
    V::ExpiryQueueArn,
    V::TimerGroup,
    V::TimerRoleArn,
    V::TimerDeadLetterQueueArn,
];
const PROCESS_EXPIRE: &[Variable] = &[
    V::TableName,
    V::SecretsKeyId,
    V::HookQueueUrl,
    V::ExpiryQueueUrl,
    V::QueueUrl,
    V::DeadLetterQueueUrl,
    V::ExpiryQueueArn,
    V::TimerGroup,
    V::TimerRoleArn,
    V::TimerDeadLetterQueueArn,
];

/// The functions of the bundle: folder = package = binary = name in the template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Function {
    /// A provider calls us.
    Webhook(ProviderKind),
    Api,
    OutboundSend,
    EventRoute,
    MessageDeliver,
    HookDeliver,
    TemplatePoll,
    FollowUp,
    ProcessExpire,
}

impl Function {
    pub const ALL: [Self; 14] = [
        Self::Webhook(ProviderKind::Gupshup),
        Self::Webhook(ProviderKind::Meta),
        Self::Webhook(ProviderKind::Infobip),
        Self::Webhook(ProviderKind::Karix),
        Self::Webhook(ProviderKind::Dialog360),
        Self::Webhook(ProviderKind::AwsSocial),
        Self::Api,
        Self::OutboundSend,
        Self::EventRoute,
        Self::MessageDeliver,
        Self::HookDeliver,
        Self::TemplatePoll,
        Self::FollowUp,
        Self::ProcessExpire,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Webhook(provider) => match provider {
                ProviderKind::Gupshup => "webhook-gupshup",
                ProviderKind::Meta => "webhook-meta",
                ProviderKind::Infobip => "webhook-infobip",
                ProviderKind::Karix => "webhook-karix",
                ProviderKind::Dialog360 => "webhook-dialog360",
                ProviderKind::AwsSocial => "webhook-aws-social",
            },
            Self::Api => "api",
            Self::OutboundSend => "outbound-send",
            Self::EventRoute => "event-route",
            Self::MessageDeliver => "message-deliver",
            Self::HookDeliver => "hook-deliver",
            Self::TemplatePoll => "template-poll",
            Self::FollowUp => "follow-up",
            Self::ProcessExpire => "process-expire",
        }
    }

    /// The queue it works off, if it does.
    pub const fn queue(self) -> Option<QueueName> {
        match self {
            Self::EventRoute => Some(QueueName::Event),
            Self::MessageDeliver => Some(QueueName::Message),
            Self::HookDeliver => Some(QueueName::Hook),
            Self::FollowUp => Some(QueueName::FollowUp),
            Self::ProcessExpire => Some(QueueName::Expiry),
            Self::Webhook(_) | Self::Api | Self::OutboundSend | Self::TemplatePoll => None,
        }
    }

    /// The variables it does not start without. The template gives it these and no others.
    pub const fn needs(self) -> &'static [Variable] {
        match self {
            Self::Webhook(_) => WEBHOOK,
            Self::Api => API,
            Self::OutboundSend => OUTBOUND_SEND,
            Self::EventRoute => EVENT_ROUTE,
            Self::MessageDeliver => MESSAGE_DELIVER,
            Self::HookDeliver => HOOK_DELIVER,
            Self::TemplatePoll => TEMPLATE_POLL,
            Self::FollowUp => FOLLOW_UP,
            Self::ProcessExpire => PROCESS_EXPIRE,
        }
    }
}

/// The settings of a function.
#[derive(Debug, Clone)]
pub struct Config {
    pub access: Access,
    values: BTreeMap<Variable, String>,
}

/// Variables without which the function does not start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Missing {
    pub function: &'static str,
    pub names: Vec<&'static str>,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} does not start: {} must be set", self.function, self.names.join(", "))
    }
}

impl Config {
    /// What this function needs, out of the environment.
    pub fn from_env(function: Function) -> Result<Self, Missing> {
        Self::read(function, variable)
    }

    /// The same out of anywhere. An empty value is a missing one, but where it says something.
    pub fn read(
        function: Function,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, Missing> {
        let given = variable;
        let variable = |name: &str| given(name).filter(|value| !value.is_empty());
        let mut names = Vec::new();
        let mut required = |name: &'static str| {
            variable(name).unwrap_or_else(|| {
                names.push(name);
                String::new()
            })
        };
        let region = required("AWS_REGION");
        let key_id = required("AWS_ACCESS_KEY_ID");
        let secret_key = Secret::new(required("AWS_SECRET_ACCESS_KEY"));
        let mut value = |v: Variable| match given(v.name()) {
            Some(value) if v.may_be_empty() => value,
            Some(_) | None => required(v.name()),
        };
        let values = function.needs().iter().map(|v| (*v, value(*v))).collect();
        if !names.is_empty() {
            return Err(Missing { function: function.name(), names });
        }
        let everywhere = variable("AWS_ENDPOINT_URL");
        let endpoint = |s: Service| Some((s, variable(s.variable()).or(everywhere.clone())?));
        let access = Access {
            region,
            key_id,
            secret_key,
            session_token: variable("AWS_SESSION_TOKEN").map(Secret::new),
            endpoints: Service::ALL.into_iter().filter_map(endpoint).collect(),
            ca_bundle: variable("AWS_CA_BUNDLE").map(PathBuf::from),
        };
        Ok(Self { access, values })
    }

    /// The value of a variable, if the function needs it.
    pub fn get(&self, variable: Variable) -> Option<&str> {
        self.values.get(&variable).map(String::as_str)
    }
}

/// `LOG_LEVEL`: `error`, `warn` (where nothing is said), `info`, `debug`, or a filter such as `warn,shared=debug`.
pub fn log_level() -> String {
    variable("LOG_LEVEL").unwrap_or_else(|| "warn".to_owned())
}

/// `WHARF_FAULT_PLAN`: the file of a plan of faults. No build that is deployed knows this variable.
#[cfg(feature = "faults")]
pub fn fault_plan() -> Option<std::path::PathBuf> {
    variable("WHARF_FAULT_PLAN").filter(|path| !path.is_empty()).map(Into::into)
}

/// `STACK_NAME`: which deployment counts and measurements are of.
pub fn stack_name() -> String {
    variable("STACK_NAME").unwrap_or_else(|| "none".to_owned())
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(function: Function) -> BTreeMap<&'static str, String> {
        let aws = ["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
        let own = function.needs().iter().map(|v| v.name());
        aws.into_iter().chain(own).map(|name| (name, format!("{name} value"))).collect()
    }

    #[test]
    fn what_a_function_needs_is_enough_and_no_function_is_given_more() {
        for function in Function::ALL {
            let given = environment(function);
            let config = Config::read(function, |name| given.get(name).cloned()).unwrap();
            for need in function.needs() {
                assert_eq!(config.get(*need).unwrap(), format!("{} value", need.name()));
            }
            assert!(config.access.endpoints.is_empty());
            assert_eq!(config.access.ca_bundle, None);
        }
        let given = environment(Function::TemplatePoll);
        let config = Config::read(Function::TemplatePoll, |name| given.get(name).cloned()).unwrap();
        assert_eq!(config.get(Variable::MediaBucket), None);
    }

    #[test]
    fn all_missing_variables_are_named_together() {
        let mut given = environment(Function::OutboundSend);
        given.remove("AWS_SECRET_ACCESS_KEY");
        given.insert("TABLE_NAME", String::new());
        let said = Config::read(Function::OutboundSend, |name| given.get(name).cloned());
        assert_eq!(
            said.unwrap_err().to_string(),
            "outbound-send does not start: AWS_SECRET_ACCESS_KEY, TABLE_NAME must be set"
        );
    }

    #[test]
    fn an_empty_value_is_missing_unless_it_says_something() {
        let mut given = environment(Function::Api);
        given.insert("PUBLIC_URL", String::new());
        let config = Config::read(Function::Api, |name| given.get(name).cloned()).unwrap();
        assert_eq!(config.get(Variable::PublicUrl), Some(""));
        given.remove("PUBLIC_URL");
        assert!(Config::read(Function::Api, |name| given.get(name).cloned()).is_err());
    }

    #[test]
    fn one_service_may_be_elsewhere_and_secrets_do_not_print() {
        let mut given = environment(Function::Api);
        given.insert("AWS_ENDPOINT_URL", "http://all".to_owned());
        given.insert("AWS_ENDPOINT_URL_SQS", "http://queues".to_owned());
        given.insert("AWS_SESSION_TOKEN", "very secret".to_owned());
        given.insert("AWS_CA_BUNDLE", "/proxy.pem".to_owned());
        let config = Config::read(Function::Api, |name| given.get(name).cloned()).unwrap();
        assert_eq!(config.access.endpoints[&Service::Sqs], "http://queues");
        assert_eq!(config.access.endpoints[&Service::DynamoDb], "http://all");
        assert_eq!(config.access.ca_bundle, Some("/proxy.pem".into()));
        let printed = format!("{config:?}");
        assert!(!printed.contains("very secret") && !printed.contains("SECRET_ACCESS_KEY"));
    }

    #[test]
    fn no_two_variables_and_no_two_functions_have_one_name() {
        let mut names: Vec<_> = Function::ALL.iter().flat_map(|f| f.needs()).collect();
        names.sort();
        names.dedup();
        let texts: std::collections::BTreeSet<_> = names.iter().map(|v| v.name()).collect();
        assert_eq!(texts.len(), names.len());
        let functions: std::collections::BTreeSet<_> =
            Function::ALL.iter().map(|f| f.name()).collect();
        assert_eq!(functions.len(), Function::ALL.len());
    }
}
