//! What every backend promises, as tests: one function a promise, one file a topic.
//!
//! A backend is tested by implementing [`Backend`] for something that makes an empty store, and `suite!` with its name
//! in a test module. Each promise becomes a test of its own. A promise that the list in [`suite`] leaves out is dead
//! code, which the compiler reports.

pub(crate) mod samples;

pub(crate) mod append;
pub(crate) mod commit;
pub(crate) mod dead_letters;
pub(crate) mod facts;
pub(crate) mod flows;
pub(crate) mod journal_model;
pub(crate) mod ledger;
pub(crate) mod notes;
pub(crate) mod outbox;
pub(crate) mod prune;
pub(crate) mod read;
pub(crate) mod retain;
pub(crate) mod rewrite;
pub(crate) mod settle;
pub(crate) mod state_model;

use crate::{Journal, State};

/// A store of the backend under test: empty at first, and kept while nobody has it open.
pub(crate) trait Backend: Default {
    type Journal: Journal;
    type State: State;

    /// Opens both halves. The former ones were dropped.
    fn open(&self) -> (Self::Journal, Self::State);

    /// The store that would be found if whoever has it open were killed now.
    fn after_a_crash(&self) -> Self;

    /// Opens the journal alone.
    fn journal(&self) -> Self::Journal {
        self.open().0
    }

    /// Opens the state alone.
    fn state(&self) -> Self::State {
        self.open().1
    }
}

/// Every promise, as a test of this backend.
macro_rules! suite {
    ($backend:ty) => {
        $crate::conformance::promises! { $backend:
            append {
                positions_count_from_one_without_gaps,
                concurrent_appends_each_get_a_run_of_positions,
                appending_nothing_takes_no_position,
                records_come_back_byte_for_byte,
                appended_records_are_there_after_reopening,
                appended_records_are_there_after_a_crash,
                positions_go_on_where_they_were,
            }
            read {
                reading_goes_on_after_the_given_position,
                a_read_ends_at_about_its_bytes_and_has_at_least_one_entry,
                reading_on_gives_every_record_once,
                a_range_includes_both_ends,
                a_time_leads_to_the_first_record_received_then_or_later,
                an_empty_journal_begins_at_one_and_ends_at_zero,
                many_may_read_while_one_appends,
                a_sound_journal_reports_no_damage,
            }
            retain {
                records_older_than_the_limit_go,
                beyond_the_size_the_oldest_go,
                unprocessed_records_stay,
                removed_records_are_skipped,
                an_emptied_journal_keeps_its_end,
                appends_go_on_while_records_are_removed,
            }
            rewrite {
                bodies_are_replaced_and_all_else_stays,
                rewritten_records_are_there_after_a_crash,
                positions_that_are_not_held_are_skipped,
                everything_goes_on_while_bodies_are_replaced,
            }
            journal_model { any_actions_do_what_a_list_would }
            commit {
                a_change_is_applied_whole,
                a_change_that_fails_leaves_nothing,
                the_cursor_moves_only_when_told,
                committed_changes_are_there_after_reopening,
                committed_changes_are_there_after_a_crash,
            }
            facts {
                facts_come_in_the_order_of_the_keys,
                a_fact_is_replaced_and_forgotten,
                the_last_word_on_a_key_in_a_change_counts,
                pages_of_a_prefix_are_in_order_and_complete,
                a_prefix_may_be_any_bytes,
            }
            outbox {
                blocks_come_oldest_first_and_by_destination,
                blocks_come_back_byte_for_byte,
                loading_ends_at_about_its_bytes_and_gives_at_least_one_block,
                blocks_are_found_by_every_range_that_they_touch,
                everything_pending_is_passed_once_without_payload,
                the_last_number_is_remembered,
            }
            settle {
                progress_replaces_the_former_bitmap,
                a_finished_block_is_kept_for_traces_only,
                a_block_may_be_added_and_finished_in_one_change,
                a_payload_is_replaced_by_one_of_the_same_length,
                payloads_of_finished_and_unknown_blocks_are_passed_over,
                late_news_of_a_finished_block_changes_nothing,
            }
            ledger {
                counts_are_added_up_by_flow_and_hour,
                rows_begin_at_the_given_hour,
                a_balance_is_of_one_moment,
            }
            dead_letters {
                a_dead_letter_comes_back_as_it_was,
                the_newest_come_first,
                a_query_narrows_by_all_that_it_names,
                the_letters_of_a_person_are_found,
                erased_letters_are_gone_whatever_became_of_them,
                a_reason_is_searched_as_plain_text,
                the_same_failure_is_kept_once,
                a_resolution_changes_status_and_note,
                letters_are_counted_by_what_they_have_in_common,
            }
            notes {
                notes_come_by_time_whatever_the_order_of_adding,
                lists_are_apart,
            }
            flows {
                versions_count_up_and_the_newest_is_active,
                an_earlier_version_can_be_made_active_again,
                activating_what_does_not_exist_changes_nothing,
                several_flows_are_saved_at_once,
            }
            prune {
                notes_go_by_age_each_list_for_itself,
                only_resolved_dead_letters_go,
                only_finished_blocks_go,
                what_is_counted_and_known_stays,
            }
            state_model { any_changes_do_what_maps_would }
        }
    };
}

macro_rules! promises {
    ($backend:ty: $($topic:ident { $($promise:ident),+ $(,)? })+) => {
        $(mod $topic {
            use super::*;
            $(#[test]
            fn $promise() {
                $crate::conformance::$topic::$promise(&<$backend>::default());
            })+
        })+
    };
}

pub(crate) use {promises, suite};
