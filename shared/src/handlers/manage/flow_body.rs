//! A flow as it is written and shown: one flat object per step, of which each type has its own fields.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::channel::Language;
use crate::domain::flow::{Action, AnswerKind, Config, Definition, EndResult, Step};
use crate::domain::ids::{ChannelId, OutboundId};
use crate::domain::message::{Choice, MediaKind};
use crate::domain::time::Time;
use crate::error::{Error, Result};

/// A flow's draft.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct FlowBody {
    #[schema(min_length = 1, max_length = 200)]
    pub name: String,
    /// Of our own texts in the flow; `es` where nothing is said.
    pub language: Option<Language>,
    /// Only from these can it start; none: from all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 100)]
    pub channels: Vec<ChannelId>,
    #[serde(default)]
    pub config: ConfigBody,
    #[serde(default)]
    #[schema(max_items = 100)]
    pub steps: Vec<StepBody>,
}

/// Re-engagement and expiry. Null and the empty text count as not set; each default applies on its own.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct ConfigBody {
    /// Without it no follow-up is sent.
    #[serde(default)]
    pub enable_follow_up: Option<bool>,
    /// After the unanswered question; 120 where nothing is set.
    #[schema(minimum = 30, maximum = 1380, extensions(("x-unit" = json!("minutes"))))]
    pub follow_up_delay: Option<u32>,
    #[schema(min_length = 1, max_length = 1024)]
    pub follow_up_message: Option<String>,
    /// Only the UTC time of day counts; 13:00 where nothing is set.
    pub start_business_hours: Option<Time>,
    /// Only the UTC time of day counts; 00:00 where nothing is set.
    pub end_business_hours: Option<Time>,
    /// Sent instead when the service window is closed.
    pub follow_up_outbound_id: Option<OutboundId>,
    /// After the user's last message or the follow-up; 1440 where nothing is set.
    #[schema(minimum = 60, maximum = 4320, extensions(("x-unit" = json!("minutes"))))]
    pub expiry_minutes: Option<u32>,
}

/// What a step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepType {
    /// Says `text` and goes on.
    Message,
    /// Asks `text` and waits for an `answer`; `options` for a choice.
    Question,
    /// Asks `text` and waits for a file of a kind in `accept`.
    Media,
    /// Asks the server at `url`.
    Webhook,
    /// Ends the run with `result`.
    End,
}

/// A step.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct StepBody {
    /// Unique in the flow: letters, digits, `_` and `-`.
    #[schema(min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9_-]+$")]
    pub id: String,
    #[serde(rename = "type")]
    pub kind: StepType,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 4096)]
    pub text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<AnswerKind>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 50)]
    pub options: Vec<OptionBody>,
    /// Answers that do not fit before the run fails; 5 where nothing is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 20)]
    pub max_attempts: Option<u32>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 6)]
    pub accept: Vec<MediaKind>,
    /// An https address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 2048, format = "uri")]
    pub url: Option<String>,
    /// For one call; 10 where nothing is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 30, extensions(("x-unit" = json!("seconds"))))]
    pub timeout_s: Option<u32>,
    /// `succeeded` where nothing is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<EndResult>,
}

/// An option of a choice. Long titles make the menu a numbered text.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct OptionBody {
    #[schema(min_length = 1, max_length = 200)]
    pub id: String,
    #[schema(min_length = 1, max_length = 200)]
    pub title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 72)]
    pub description: Option<String>,
}

impl FlowBody {
    /// The flow that it describes. Errors name the step.
    pub(super) fn read(self) -> Result<Definition> {
        let mut seen = BTreeSet::new();
        let mut steps = Vec::with_capacity(self.steps.len());
        for (place, step) in self.steps.into_iter().enumerate() {
            let field = |name: &str| format!("steps[{place}].{name}");
            if !seen.insert(step.id.clone()) {
                return Err(Error::invalid(field("id"), "is the id of another step"));
            }
            steps.push(step.read(&field)?);
        }
        Ok(Definition {
            name: self.name,
            language: self.language.unwrap_or_default(),
            channels: self.channels,
            config: self.config.into(),
            steps,
        })
    }
}

impl From<Definition> for FlowBody {
    fn from(definition: Definition) -> Self {
        let Definition { name, language, channels, config, steps } = definition;
        Self {
            name,
            language: Some(language),
            channels,
            config: config.into(),
            steps: steps.into_iter().map(StepBody::from).collect(),
        }
    }
}

impl StepBody {
    fn read(self, field: &impl Fn(&str) -> String) -> Result<Step> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if !self.id.chars().all(is_plain) {
            return Err(Error::invalid(field("id"), "must be letters, digits, _ and -"));
        }
        let id = self.id.clone();
        Ok(Step { id, action: self.action(field)? })
    }

    fn action(self, field: &impl Fn(&str) -> String) -> Result<Action> {
        let missing = |name: &str| Error::invalid(field(name), "is required");
        let text = self.text.filter(|text| !text.trim().is_empty());
        let max_attempts = self.max_attempts;
        Ok(match self.kind {
            StepType::Message => Action::Message { text: text.ok_or_else(|| missing("text"))? },
            StepType::Question => {
                let answer = self.answer.ok_or_else(|| missing("answer"))?;
                let options = options(self.options, answer, field)?;
                let text = text.ok_or_else(|| missing("text"))?;
                Action::Question { text, answer, options, max_attempts }
            }
            StepType::Media if self.accept.is_empty() => return Err(missing("accept")),
            StepType::Media => {
                let text = text.ok_or_else(|| missing("text"))?;
                Action::Media { text, accept: self.accept, max_attempts }
            }
            StepType::Webhook => {
                let url = self.url.ok_or_else(|| missing("url"))?;
                Action::Webhook { url, timeout_s: self.timeout_s }
            }
            StepType::End => Action::End { text, result: self.result.unwrap_or_default() },
        })
    }
}

fn options(
    options: Vec<OptionBody>,
    answer: AnswerKind,
    field: &impl Fn(&str) -> String,
) -> Result<Vec<Choice>> {
    let rule = match (answer == AnswerKind::Choice, options.is_empty()) {
        (true, true) => Some("is required for a choice"),
        (false, false) => Some("must be left out unless the answer is a choice"),
        (true, false) | (false, true) => None,
    };
    if let Some(rule) = rule {
        return Err(Error::invalid(field("options"), rule));
    }
    let mut seen = BTreeSet::new();
    for (place, option) in options.iter().enumerate() {
        let path = |name: &str| field(&format!("options[{place}].{name}"));
        if !seen.insert(option.id.as_str()) {
            return Err(Error::invalid(path("id"), "is the id of another option"));
        }
        if option.title.trim().is_empty() {
            return Err(Error::invalid(path("title"), "must not be blank"));
        }
    }
    let choice = |option: OptionBody| {
        let OptionBody { id, title, description } = option;
        Choice { id, title, description }
    };
    Ok(options.into_iter().map(choice).collect())
}

impl From<ConfigBody> for Config {
    fn from(body: ConfigBody) -> Self {
        Self {
            enable_follow_up: body.enable_follow_up.unwrap_or_default(),
            follow_up_delay: body.follow_up_delay,
            follow_up_message: body.follow_up_message,
            start_business_hours: body.start_business_hours,
            end_business_hours: body.end_business_hours,
            follow_up_outbound_id: body.follow_up_outbound_id,
            expiry_minutes: body.expiry_minutes,
        }
    }
}

impl From<Config> for ConfigBody {
    fn from(config: Config) -> Self {
        Self {
            enable_follow_up: Some(config.enable_follow_up),
            follow_up_delay: config.follow_up_delay,
            follow_up_message: config.follow_up_message,
            start_business_hours: config.start_business_hours,
            end_business_hours: config.end_business_hours,
            follow_up_outbound_id: config.follow_up_outbound_id,
            expiry_minutes: config.expiry_minutes,
        }
    }
}

impl From<Step> for StepBody {
    fn from(step: Step) -> Self {
        let mut body = Self {
            id: step.id,
            kind: StepType::Message,
            text: None,
            answer: None,
            options: Vec::new(),
            max_attempts: None,
            accept: Vec::new(),
            url: None,
            timeout_s: None,
            result: None,
        };
        match step.action {
            Action::Message { text } => body.text = Some(text),
            Action::Question { text, answer, options, max_attempts } => {
                let option = |choice: Choice| {
                    let Choice { id, title, description } = choice;
                    OptionBody { id, title, description }
                };
                body.kind = StepType::Question;
                (body.text, body.answer) = (Some(text), Some(answer));
                body.options = options.into_iter().map(option).collect();
                body.max_attempts = max_attempts;
            }
            Action::Media { text, accept, max_attempts } => {
                body.kind = StepType::Media;
                (body.text, body.accept) = (Some(text), accept);
                body.max_attempts = max_attempts;
            }
            Action::Webhook { url, timeout_s } => {
                body.kind = StepType::Webhook;
                (body.url, body.timeout_s) = (Some(url), timeout_s);
            }
            Action::End { text, result } => {
                body.kind = StepType::End;
                (body.text, body.result) = (text, Some(result));
            }
        }
        body
    }
}
