package slidebox.sharing.expired_no_readers_test

import data.slidebox.lib.fixture_test as fixture
import data.slidebox.sharing.expired_no_readers as rule

# Everything is read at the bench, nothing on the shelf.
expiring(day) := fixture.changed(
	fixture.with_dataset(fixture.raw, {"expires": day}),
	["locations", fixture.at_shelf],
	{"readers": []},
)

read_by(document, principal, actions) := fixture.changed(document, ["locations", fixture.at_bench], {"readers": [{
	"principal": principal,
	"actions": actions,
	"path": ["user imaging"],
}]})

passes := expiring("2026-11-24")

refused := expiring("2026-11-23")

messages := {finding.message | some finding in rule.location_findings}

test_names_the_reader_the_path_and_both_days if {
	rule.location_findings == {{
		"rule": "sharing/expired_no_readers",
		"severity": "error",
		"subject": fixture.at_bench,
		"message": "team:imaging can read on 2026-11-24, and the right to the data ended on 2026-11-23",
		"path": ["user imaging", "policy imaging"],
		"cure": rule.info.cure,
		"wants": "",
		"waived": "",
	}} with input as refused
}

test_nobody_is_excepted if {
	every principal in ["person:alice", "anyone", "unknown"] {
		said := messages with input as read_by(refused, principal, ["read"])
		count(said) == 1
	}
}

test_only_reading_counts if messages == set() with input as read_by(refused, "person:alice", ["delete"])

test_a_term_that_begins_later_counts if {
	document := fixture.changed(passes, ["locations", fixture.at_bench], {"starts": "2028-01-01"})
	messages == {
		"team:imaging can read on 2028-01-01, and the right to the data ended on 2026-11-24",
	} with input as document
}

test_a_limit_on_use_ends_what_is_made_from_the_data if {
	limited := fixture.changed(refused, ["datasets", fixture.raw], {"duo": ["DUO:0000042", "DUO:0000025"]})
	{finding.subject | some finding in rule.location_findings} == {
		fixture.at_bench,
		fixture.masks_at_bench,
	} with input as limited
}

all_findings := rule.location_findings

test_says_nothing_about_a_good_lab if all_findings == set() with input as fixture.facts

test_passes_and_refused_are_what_they_say if {
	all_findings == set() with input as passes
	said := all_findings with input as refused
	count(said) > 0
}

# METADATA
# title: A field that is missing, of another type or unknown makes the rule fail
test_fails_without_any_field_it_reads if {
	every field in rule.info.reads {
		documents := fixture.broken(passes, field)
		count(documents) > 0
		every document in documents {
			some finding in all_findings with input as document
			startswith(finding.message, "cannot be judged: ")
		}
	}
}

# METADATA
# title: No missing field turns a refusal into silence
test_refuses_whatever_is_missing if {
	every field in fixture.fields {
		every document in fixture.broken(refused, field) {
			said := all_findings with input as document
			count(said) > 0
		}
	}
}

# METADATA
# title: A document without its maps is refused
test_refuses_an_empty_document if {
	said := all_findings with input as {}
	count(said) > 0
}
