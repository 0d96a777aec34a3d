//! Templates that are broken on purpose: each is found by the check that looks after what is broken.

use tests::template::{parsed, text};

use super::infra::CHECKS;

/// A way to break the template: what is taken out of it, what stands there instead, and who notices.
struct Break {
    of: &'static str,
    /// Where to look from: the first line that is this one.
    at: &'static str,
    out: &'static str,
    instead: &'static str,
    check: &'static str,
}

const BREAKS: [Break; 5] = [
    Break {
        of: "a missing permission",
        at: "  WebhookMeta:\n",
        out: "Action: [sqs:SendMessage]",
        instead: "Action: [sqs:GetQueueAttributes]",
        check: "permissions_follow_the_variables",
    },
    Break {
        of: "a missing variable",
        at: "  EventRoute:\n",
        out: "          TABLE_NAME: !Ref Table\n",
        instead: "",
        check: "functions_are_given_what_they_need",
    },
    Break {
        of: "no answer for single jobs of a batch",
        at: "  EventRouteTrigger:\n",
        out: "      FunctionResponseTypes: [ReportBatchItemFailures]\n",
        instead: "",
        check: "triggers_report_failures_and_hide_long_enough",
    },
    Break {
        of: "a queue of the other type",
        at: "  MessageQueue:\n",
        out: "      FifoQueue: true\n",
        instead: "",
        check: "queues_lose_nothing_and_are_watched",
    },
    Break {
        of: "a missing route",
        at: "  OutboundSendRoute:\n",
        out: "RouteKey: ANY /v1/whatsapp/outbounds/send",
        instead: "RouteKey: ANY /v1/whatsapp/outbounds/sent",
        check: "every_route_leads_to_a_function_that_may_be_called",
    },
];

#[test]
fn a_broken_template_is_found_out() {
    let whole = text();
    for Break { of, at, out, instead, check } in BREAKS {
        let (before, rest) = whole.split_once(at).unwrap_or_else(|| panic!("{of}: no {at}"));
        let (between, after) = rest.split_once(out).unwrap_or_else(|| panic!("{of}: no {out}"));
        let broken = parsed(&[before, at, between, instead, after].concat());
        let named = CHECKS.iter().find(|(name, _)| *name == check);
        let look = named.unwrap_or_else(|| panic!("{of}: no {check}")).1;
        assert_eq!(look(&parsed(&whole)), [""; 0], "{of}: the template itself");
        assert_ne!(look(&broken), [""; 0], "{of} is not found");
    }
}
