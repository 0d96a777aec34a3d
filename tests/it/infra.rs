//! `infra/template.yaml` against the sources: the same functions, variables, keys, and queues that lose nothing. Each
//! check takes a template and tells its faults, so that it can be shown to find them.

mod alarms;
mod entry;
mod faults;
mod functions;
mod names;
mod permissions;
mod queues;
mod state;

use serde_json::Value;
use tests::template::template;

/// Looks at a template. What is wrong with it, as sentences.
pub(crate) type Check = fn(&Value) -> Vec<String>;

/// All checks, by the name of the test that runs them over the template as it is.
pub(crate) const CHECKS: &[(&str, Check)] = &[
    ("functions_are_the_folders_and_the_settings", functions::check_folders),
    ("functions_say_what_they_take", functions::check_settings),
    ("functions_are_given_what_they_need", functions::check_variables),
    ("globals_hold_no_setting_of_a_single_function", functions::check_globals),
    ("queues_lose_nothing_and_are_watched", queues::check_queues),
    ("triggers_report_failures_and_hide_long_enough", queues::check_triggers),
    ("functions_that_answer_calls_are_never_shut_out", queues::check_concurrency),
    ("the_table_has_the_keys_of_the_store", state::check_table),
    ("files_are_private_and_do_not_stay_for_ever", state::check_files),
    ("the_log_is_small_and_does_not_stay_for_ever", state::check_log),
    ("state_is_kept", state::check_kept),
    ("permissions_name_single_actions_on_single_resources", permissions::check_narrow),
    ("permissions_follow_the_variables", permissions::check_variables),
    ("every_route_leads_to_a_function_that_may_be_called", entry::check_routes),
    ("every_function_url_may_be_called_and_is_shown", entry::check_function_urls),
    ("the_public_address_is_the_one_that_is_served", entry::check_public_url),
    ("alarms_watch_every_function_and_tell_somebody", alarms::check_alarms),
    ("metrics_of_alarms_and_dashboard_are_counted", alarms::check_metrics),
    ("nothing_hangs_in_the_air", names::check_names),
];

/// Every test of this file is one check over the template as it is.
macro_rules! checks {
    ($($name:ident),* $(,)?) => {
        $(#[test]
        fn $name() {
            run(stringify!($name));
        })*

        #[test]
        fn every_check_is_run() {
            let run: &[&str] = &[$(stringify!($name)),*];
            let known: Vec<_> = CHECKS.iter().map(|(name, _)| *name).collect();
            assert_eq!(known, run);
        }
    };
}

checks!(
    functions_are_the_folders_and_the_settings,
    functions_say_what_they_take,
    functions_are_given_what_they_need,
    globals_hold_no_setting_of_a_single_function,
    queues_lose_nothing_and_are_watched,
    triggers_report_failures_and_hide_long_enough,
    functions_that_answer_calls_are_never_shut_out,
    the_table_has_the_keys_of_the_store,
    files_are_private_and_do_not_stay_for_ever,
    the_log_is_small_and_does_not_stay_for_ever,
    state_is_kept,
    permissions_name_single_actions_on_single_resources,
    permissions_follow_the_variables,
    every_route_leads_to_a_function_that_may_be_called,
    every_function_url_may_be_called_and_is_shown,
    the_public_address_is_the_one_that_is_served,
    alarms_watch_every_function_and_tell_somebody,
    metrics_of_alarms_and_dashboard_are_counted,
    nothing_hangs_in_the_air,
);

#[track_caller]
fn run(name: &str) {
    let check = CHECKS.iter().find(|(known, _)| *known == name).expect("a check of this name").1;
    assert_eq!(check(&template()), [""; 0], "{name}");
}
