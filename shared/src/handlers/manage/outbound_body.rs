//! An outbound as it is written (contracts 3.1). What WhatsApp lets it be is in [`crate::domain::outbound`].

use std::collections::BTreeMap;

use serde::Deserialize;
use utoipa::ToSchema;

use crate::domain::channel::Channel;
use crate::domain::ids::OutboundId;
use crate::domain::outbound::{
    App, Button, Card, Category, Offer, Otp, OtpType, Outbound, Parts, Rating, ReviewStatus,
    TemplateType,
};
use crate::domain::template;
use crate::domain::time::Time;
use crate::error::{Error, Result};

/// What `provider_status` says until the provider was reached.
pub(crate) const NOT_SUBMITTED: &str = "not_submitted";

/// A new outbound.
#[derive(Debug, Clone, Deserialize, ToSchema)]
pub struct NewOutbound {
    /// Of a channel, with the country code.
    #[schema(min_length = 5, max_length = 40, format = "phone")]
    pub waba_phone_number: String,
    /// True: a single notification; false: its continue button starts a flow.
    pub is_notification: bool,
    /// With variables `{{.name}}`. Of an AUTHENTICATION template only its one variable, the code, counts: WhatsApp words
    /// the rest.
    #[schema(min_length = 1, max_length = 1024)]
    pub content: String,
    pub category: Category,
    pub template_type: TemplateType,
    /// `es`, `pt-BR`.
    #[schema(min_length = 2, max_length = 6, pattern = "^[a-z]{2,3}(-[A-Z]{2})?$")]
    pub language_code: String,
    /// Need not be unique.
    #[schema(min_length = 1, max_length = 200)]
    pub outbound_name: String,
    /// An https address; required unless the type is TEXT or LOCATION, which ignore it.
    #[schema(min_length = 1, max_length = 2048, format = "uri")]
    pub media_url: Option<String>,
    /// Button text; required unless it is a notification.
    #[schema(min_length = 1, max_length = 25)]
    pub continue_process_message: Option<String>,
    /// Button text; required unless it is a notification.
    #[schema(min_length = 1, max_length = 25)]
    pub cancel_process_message: Option<String>,
    /// An example for each variable.
    #[serde(default)]
    pub var: BTreeMap<String, String>,
    pub call_to_action: Option<CallToAction>,
    /// Above the content, of the type TEXT; at most one variable.
    #[schema(min_length = 1, max_length = 60)]
    pub header_text: Option<String>,
    /// Below the content, without variables.
    #[schema(min_length = 1, max_length = 60)]
    pub footer: Option<String>,
    /// Texts of further buttons: a tap says the text for the user.
    #[serde(default)]
    #[schema(max_items = 10)]
    pub quick_replies: Vec<String>,
    /// An example of a coupon's code: adds the button that copies it.
    #[schema(min_length = 1, max_length = 15)]
    pub copy_code: Option<String>,
    /// Of AUTHENTICATION templates; without it the code is copied.
    pub otp: Option<NewOtp>,
    /// A box with a countdown above the content, of MARKETING templates.
    pub limited_time_offer: Option<Offer>,
    /// A carousel below the content.
    #[serde(default)]
    #[schema(max_items = 10)]
    pub cards: Vec<NewCard>,
}

/// How a one-time password gets from the message into the app that asked for it.
#[derive(Debug, Clone, Deserialize, ToSchema)]
pub struct NewOtp {
    #[serde(rename = "type", default)]
    pub kind: OtpType,
    /// On the button that copies the code; WhatsApp's own word without it.
    #[schema(min_length = 1, max_length = 25)]
    pub message: Option<String>,
    /// On the button that hands the code to the app; WhatsApp's own word without it.
    #[schema(min_length = 1, max_length = 25)]
    pub autofill_message: Option<String>,
    /// Who may take the code; required unless it is copied.
    #[serde(default)]
    #[schema(max_items = 5)]
    pub apps: Vec<App>,
    /// That WhatsApp's terms for codes without a tap are accepted: must be true for them.
    #[serde(default)]
    pub zero_tap_terms_accepted: bool,
    /// Adds the sentence that the code is not to be shared.
    #[serde(default)]
    pub add_security_recommendation: bool,
    /// Adds the sentence when the code ends.
    #[schema(minimum = 1, maximum = 90)]
    pub code_expiration_minutes: Option<u8>,
}

/// A card of a carousel.
#[derive(Debug, Clone, Deserialize, ToSchema)]
pub struct NewCard {
    /// IMAGE or VIDEO, the same on all cards.
    pub template_type: TemplateType,
    /// An https address.
    #[schema(min_length = 1, max_length = 2048, format = "uri")]
    pub media_url: String,
    /// With variables `{{.name}}`; on all cards or on none.
    #[schema(min_length = 1, max_length = 160)]
    pub content: Option<String>,
    #[serde(default)]
    #[schema(max_items = 2)]
    pub quick_replies: Vec<String>,
    pub call_to_action: Option<CallToAction>,
}

/// Buttons that lead out of the chat.
#[derive(Debug, Clone, Deserialize, ToSchema)]
pub struct CallToAction {
    pub phone: Option<PhoneButton>,
    pub url: Option<UrlButton>,
    /// One more address.
    pub second_url: Option<UrlButton>,
}

/// A button that calls.
#[derive(Debug, Clone, Deserialize, ToSchema)]
pub struct PhoneButton {
    /// Button text.
    #[schema(min_length = 1, max_length = 25)]
    pub message: String,
    /// `+573181230000`.
    #[schema(min_length = 8, max_length = 16, pattern = "^[+][1-9][0-9]{6,14}$")]
    pub number: String,
}

/// A button that opens an address.
#[derive(Debug, Clone, Deserialize, ToSchema)]
pub struct UrlButton {
    /// Button text.
    #[schema(min_length = 1, max_length = 25)]
    pub message: String,
    /// An absolute http or https address; it may end in one variable `{{.name}}`.
    #[schema(min_length = 1, max_length = 2000, format = "uri")]
    pub url: String,
}

impl NewOutbound {
    /// The outbound that it describes, not submitted yet. Errors name the field.
    pub(super) fn read(self, id: OutboundId, channel: &Channel, now: Time) -> Result<Outbound> {
        if self.outbound_name.trim().is_empty() {
            return Err(Error::invalid("outbound_name", "must not be blank"));
        }
        if !is_language(&self.language_code) {
            let rule = "must be a language such as es or pt-BR";
            return Err(Error::invalid("language_code", rule));
        }
        let variables = template::variables(&self.content)
            .map_err(|wrong| Error::invalid("content", wrong.to_string()))?;
        let outbound = Outbound {
            id,
            tenant: channel.tenant,
            channel: channel.id,
            provider: channel.provider,
            phone_number: channel.phone_number.clone(),
            media_url: self.media()?,
            buttons: self.buttons()?,
            parts: self.parts()?,
            template_name: template::provider_name(&self.outbound_name, id),
            name: self.outbound_name,
            is_notification: self.is_notification,
            content: self.content,
            category: self.category,
            template_type: self.template_type,
            language: self.language_code,
            variables,
            examples: self.var,
            rating: Rating::default(),
            status: ReviewStatus::Pending,
            provider_status: NOT_SUBMITTED.to_owned(),
            rejected_reason: None,
            template_id: None,
            created: now,
            updated: now,
            polled: None,
            version: 1,
        };
        Ok(outbound.checked()?)
    }

    /// T4, T39: what is given and not used.
    pub(super) fn surplus(&self, outbound: &Outbound) -> Vec<String> {
        let used = outbound.names();
        let unused = self.var.keys().filter(|name| !used.contains(*name));
        let mut surplus: Vec<String> =
            unused.map(|name| format!("var.{name} is not a variable of the outbound")).collect();
        let is_only_code = template::positional(&outbound.content).trim() == "{{1}}";
        if outbound.parts.otp.is_some() && !is_only_code {
            surplus.push(
                "content is not shown to users: WhatsApp words authentication templates itself"
                    .to_owned(),
            );
        }
        surplus
    }

    fn media(&self) -> Result<Option<String>> {
        match self.template_type {
            TemplateType::Text | TemplateType::Location => return Ok(None),
            TemplateType::Image | TemplateType::Video | TemplateType::Document => {}
        }
        let Some(address) = &self.media_url else {
            let rule = "is required unless template_type is TEXT or LOCATION";
            return Err(Error::invalid("media_url", rule));
        };
        check_file(address, "media_url")?;
        Ok(Some(address.clone()))
    }

    fn buttons(&self) -> Result<Vec<Button>> {
        let mut buttons = Vec::new();
        if !self.is_notification {
            let text = |field: &str, text: &Option<String>| {
                let text = text.clone().filter(|text| !text.trim().is_empty());
                let rule = "is required unless is_notification is true";
                text.ok_or_else(|| Error::invalid(field, rule))
            };
            let go_on = text("continue_process_message", &self.continue_process_message)?;
            let cancel = text("cancel_process_message", &self.cancel_process_message)?;
            if go_on.trim() == cancel.trim() {
                let rule = "must differ from continue_process_message";
                return Err(Error::invalid("cancel_process_message", rule));
            }
            buttons.extend([Button::Continue { text: go_on }, Button::Cancel { text: cancel }]);
        }
        let leading = self.call_to_action.as_ref();
        buttons.extend(leading_on(&self.quick_replies, leading, "")?);
        let code = self.copy_code.clone();
        buttons.extend(code.map(|example| Button::CopyCode { example }));
        Ok(buttons)
    }

    fn parts(&self) -> Result<Parts> {
        let otp = match (&self.otp, self.category) {
            (Some(otp), _) => Some(otp.read()?),
            (None, Category::Authentication) => Some(Otp::default()),
            (None, Category::Marketing | Category::Utility) => None,
        };
        let cards = self.cards.iter().enumerate().map(|(at, card)| card.read(at));
        Ok(Parts {
            header_text: self.header_text.clone(),
            footer: self.footer.clone(),
            otp,
            offer: self.limited_time_offer.clone(),
            cards: cards.collect::<Result<_>>()?,
        })
    }
}

impl NewOtp {
    fn read(&self) -> Result<Otp> {
        if self.kind == OtpType::ZeroTap && !self.zero_tap_terms_accepted {
            let rule = "must be true where otp.type is zero_tap";
            return Err(Error::invalid("otp.zero_tap_terms_accepted", rule));
        }
        Ok(Otp {
            kind: self.kind,
            text: self.message.clone(),
            autofill_text: self.autofill_message.clone(),
            apps: self.apps.clone(),
            add_security_recommendation: self.add_security_recommendation,
            code_expiration_minutes: self.code_expiration_minutes,
        })
    }
}

impl NewCard {
    fn read(&self, at: usize) -> Result<Card> {
        let place = format!("cards[{at}].");
        check_file(&self.media_url, &format!("{place}media_url"))?;
        Ok(Card {
            template_type: self.template_type,
            media_url: self.media_url.clone(),
            content: self.content.clone(),
            buttons: leading_on(&self.quick_replies, self.call_to_action.as_ref(), &place)?,
        })
    }
}

/// Quick replies, addresses, then the number. `place` comes before each field's name.
fn leading_on(
    quick_replies: &[String],
    actions: Option<&CallToAction>,
    place: &str,
) -> Result<Vec<Button>> {
    let quick = |text: &String| Button::QuickReply { text: text.clone() };
    let mut buttons: Vec<Button> = quick_replies.iter().map(quick).collect();
    let Some(CallToAction { phone, url, second_url }) = actions else { return Ok(buttons) };
    for (name, button) in [("url", url), ("second_url", second_url)] {
        let Some(UrlButton { message, url }) = button else { continue };
        // With something in the variable's place: braces are no part of an address.
        if !is_address(&template::positional(url).replace("{{1}}", "1"), &["http", "https"]) {
            let rule = "must be an absolute http or https address";
            return Err(Error::invalid(format!("{place}call_to_action.{name}.url"), rule));
        }
        buttons.push(Button::Url { text: message.clone(), url: url.clone() });
    }
    if let Some(PhoneButton { message, number }) = phone {
        if !is_e164(number) {
            let rule = "must be a number such as +573181230000";
            return Err(Error::invalid(format!("{place}call_to_action.phone.number"), rule));
        }
        buttons.push(Button::Phone { text: message.clone(), number: number.clone() });
    }
    Ok(buttons)
}

/// That a file's address is one that providers fetch from.
pub(in crate::handlers) fn check_file(address: &str, field: &str) -> Result<()> {
    if is_address(address, &["https"]) {
        return Ok(());
    }
    Err(Error::invalid(field, "must be an https address"))
}

fn is_language(code: &str) -> bool {
    let (language, region) = code.split_once('-').unwrap_or((code, "XX"));
    (2..=3).contains(&language.len())
        && language.bytes().all(|b| b.is_ascii_lowercase())
        && region.len() == 2
        && region.bytes().all(|b| b.is_ascii_uppercase())
}

fn is_address(text: &str, schemes: &[&str]) -> bool {
    url::Url::parse(text).is_ok_and(|url| url.has_host() && schemes.contains(&url.scheme()))
}

fn is_e164(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        (7..=15).contains(&digits.len())
            && !digits.starts_with('0')
            && digits.bytes().all(|b| b.is_ascii_digit())
    })
}
