//! What is told of templates: by webhooks and by the list.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::Word;

/// The value of `message_template_status_update`.
#[derive(Debug, Deserialize)]
pub(in crate::provider) struct TemplateStatus<'a> {
    #[serde(borrow)]
    pub(in crate::provider) event: Option<Word<'a>>,
    pub(in crate::provider) message_template_id: Option<Word<'a>>,
    pub(in crate::provider) message_template_name: Option<Word<'a>>,
    pub(in crate::provider) message_template_language: Option<Word<'a>>,
    pub(in crate::provider) message_template_category: Option<Word<'a>>,
    pub(in crate::provider) reason: Option<Word<'a>>,
    pub(in crate::provider) rejection_info: Option<RejectionInfo<'a>>,
    pub(in crate::provider) other_info: Option<OtherInfo<'a>>,
}

/// The value of `template_category_update` and `message_template_quality_update`.
#[derive(Debug, Deserialize)]
pub(in crate::provider) struct TemplateRated<'a> {
    #[serde(borrow)]
    pub(in crate::provider) message_template_id: Option<Word<'a>>,
    pub(in crate::provider) message_template_name: Option<Word<'a>>,
    pub(in crate::provider) message_template_language: Option<Word<'a>>,
    /// What it is now.
    pub(in crate::provider) new_category: Option<Word<'a>>,
    /// What it will be a day later.
    pub(in crate::provider) correct_category: Option<Word<'a>>,
    pub(in crate::provider) new_quality_score: Option<Word<'a>>,
}

#[derive(Debug, Deserialize)]
pub(in crate::provider) struct RejectionInfo<'a> {
    #[serde(borrow)]
    pub(in crate::provider) reason: Option<Word<'a>>,
}

#[derive(Debug, Deserialize)]
pub(in crate::provider) struct OtherInfo<'a> {
    #[serde(borrow)]
    pub(in crate::provider) description: Option<Word<'a>>,
}

/// A row of the list.
#[derive(Debug, Deserialize)]
pub(in crate::provider) struct TemplateRow<'a> {
    #[serde(borrow)]
    pub(in crate::provider) id: Option<Word<'a>>,
    pub(in crate::provider) name: Option<Word<'a>>,
    pub(in crate::provider) language: Option<Word<'a>>,
    pub(in crate::provider) status: Option<Word<'a>>,
    pub(in crate::provider) rejected_reason: Option<Word<'a>>,
    pub(in crate::provider) category: Option<Word<'a>>,
    pub(in crate::provider) quality_score: Option<&'a RawValue>,
}

/// How users take it.
#[derive(Debug, Deserialize)]
pub(in crate::provider) struct Quality<'a> {
    #[serde(borrow)]
    pub(in crate::provider) score: Option<Word<'a>>,
}
