package slidebox.sharing.identifiable_named_people_only_test

import data.slidebox.lib.fixture_test as fixture
import data.slidebox.sharing.identifiable_named_people_only as rule

named := {"contributor": ["person:bob"], "reader": ["person:carol"], "steward": ["person:alice"]}

identifiable := fixture.with_dataset(fixture.raw, {"sensitivity": "identifiable", "audience": named})

# All three datasets and their places, so that only what a test changes is refused.
everywhere(document, principal) := json.patch(document, array.concat(
	[{"op": "replace", "path": ["datasets", id, "audience"], "value": named} | some id in [fixture.raw, fixture.masks]],
	[{"op": "replace", "path": ["locations", id, "readers"], "value": [reader(principal)]} |
		some id in [fixture.at_bench, fixture.at_shelf, fixture.masks_at_bench]
	],
))

reader(principal) := {"principal": principal, "actions": ["read", "write"], "path": ["bucket policy"]}

read_by(principal) := fixture.changed(
	everywhere(identifiable, "person:carol"),
	["locations", fixture.at_bench],
	{"readers": [reader(principal)]},
)

passes := read_by("person:alice")

refused := fixture.changed(
	read_by("team:imaging"),
	["datasets", fixture.raw],
	{"audience": object.union(named, {"contributor": ["team:imaging"]})},
)

messages := {finding.message | some finding in rule.location_findings}

declared := {finding.message | some finding in rule.declared_findings}

test_names_the_team_and_the_path if {
	rule.location_findings == {{
		"rule": "sharing/identifiable_named_people_only",
		"severity": "error",
		"subject": fixture.at_bench,
		"message": concat("", [
			"team:imaging can read, write identifiable data, and who joins a team must not get patients' data; ",
			"it is declared identifiable",
		]),
		"path": ["bucket policy"],
		"cure": rule.info.cure,
		"wants": "",
		"waived": "",
	}} with input as refused
}

test_refuses_people_who_are_not_named_and_service_accounts if {
	every principal in ["person:dave", "service:backup", "account:111122223333"] {
		messages == {sprintf(
			"%s can read, write identifiable data, and is not a person named in the audience; it is declared identifiable",
			[principal],
		)} with input as read_by(principal)
	}
}

test_leaves_those_whom_nobody_has_named_to_another_rule if {
	every principal in ["anyone", "any_account", "unknown"] {
		messages == set() with input as read_by(principal)
	}
}

test_a_service_account_is_no_person_where_it_is_named if {
	document := fixture.changed(
		read_by("service:backup"),
		["datasets", fixture.raw],
		{"audience": object.union(named, {"reader": ["person:carol", "service:backup"]})},
	)
	said := messages with input as document
	count(said) == 1
	declared == {concat("", [
		"the audience of identifiable data has service:backup, and is not a person named in the audience; ",
		"it is declared identifiable",
	])} with input as document
}

test_a_declared_audience_has_no_team if {
	declared == {concat("", [
		"the audience of identifiable data has team:imaging, and who joins a team must not get patients' data; ",
		"it is declared identifiable",
	])} with input as refused
}

test_a_declaration_for_anyone_is_left_to_another_rule if {
	declared == set() with input as fixture.changed(
		passes,
		["datasets", fixture.raw],
		{"audience": object.union(named, {"reader": ["anyone"]})},
	)
}

test_follows_the_taint if {
	document := everywhere(fixture.with_dataset(fixture.raw, {"sensitivity": "identifiable"}), "person:carol")
	tainted := fixture.changed(document, ["locations", fixture.masks_at_bench], {"readers": [reader("team:imaging")]})
	{finding.subject | some finding in rule.location_findings} == {fixture.masks_at_bench} with input as tainted
}

test_what_comes_from_something_unknown_may_be_identifiable if {
	document := fixture.with_dataset(fixture.masks, {"parents": ["elsewhere/raw_images"]})
	{finding.subject | some finding in rule.location_findings} == {fixture.masks_at_bench} with input as document
}

test_teams_read_what_is_not_identifiable if {
	every sensitivity in ["coded", "confidential", "open"] {
		document := fixture.with_dataset(fixture.raw, {"sensitivity": sensitivity})
		rule.location_findings == set() with input as document
		rule.declared_findings == set() with input as document
	}
}

all_findings := rule.location_findings | rule.declared_findings

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
# title: What is not known of a dataset is said of the dataset itself, not of its places alone
test_says_of_the_dataset_what_is_not_known if {
	some field in rule.info.reads
	startswith(field, "dataset.")
	some document in fixture.broken(passes, field)
	some finding in rule.declared_findings with input as document
	startswith(finding.message, "cannot be judged: ")
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
