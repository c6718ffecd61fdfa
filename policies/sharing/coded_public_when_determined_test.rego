package slidebox.sharing.coded_public_when_determined_test

import data.slidebox.lib.fixture_test as fixture
import data.slidebox.lib.sensitivity
import data.slidebox.sharing.coded_public_when_determined as rule

coded := fixture.with_dataset(fixture.raw, {"sensitivity": "coded"})

public := {"public_terms": ["long"]}

determined := {"deidentification": {
	"recorded": true,
	"missing": [],
	"method": "safe_harbor",
	"identifiers": [identifier | some identifier in sensitivity.identifiers],
}}

read_by(document, principal) := fixture.changed(document, ["locations", fixture.at_bench], {"readers": [{
	"principal": principal,
	"actions": ["read"],
	"path": ["mode 2755"],
}]})

refused := fixture.changed(read_by(coded, "anyone"), ["datasets", fixture.raw], public)

passes := fixture.changed(
	fixture.changed(refused, ["datasets", fixture.raw], determined),
	["datasets", fixture.masks],
	{"sensitivity": "coded"},
)

test_names_the_reader_and_the_path if {
	rule.location_findings == {{
		"rule": "sharing/coded_public_when_determined",
		"severity": "error",
		"subject": fixture.at_bench,
		"message": "anybody with an account can read coded data without a recorded determination; it is declared coded",
		"path": ["mode 2755"],
		"cure": rule.info.cure,
		"wants": "",
		"waived": "",
	}} with input as read_by(coded, "any_account")
}

test_allows_named_people if rule.location_findings == set() with input as read_by(coded, "person:carol")

test_allows_open_data if rule.location_findings == set() with input as read_by(fixture.facts, "anyone")

test_refuses_every_unnamed_reader if {
	every principal in ["anyone", "any_account", "unknown"] {
		said := rule.location_findings with input as read_by(coded, principal)
		count(said) == 1
	}
}

test_allows_what_is_determined if {
	document := fixture.changed(refused, ["datasets", fixture.raw], determined)
	rule.location_findings == set() with input as document
	rule.declared_findings == set() with input as document
}

test_an_expert_needs_no_list_of_identifiers if {
	expert := {"deidentification": {"method": "expert_determination", "identifiers": []}}
	document := fixture.changed(passes, ["datasets", fixture.raw], expert)
	rule.location_findings == set() with input as document
}

test_an_incomplete_determination_is_none if {
	every change in [
		{"missing": ["by"]},
		{"recorded": false},
		{"method": "none"},
		{"identifiers": ["names", "dates"]},
	] {
		said := rule.location_findings with input as fixture.changed(
			passes,
			["datasets", fixture.raw, "deidentification"],
			change,
		)
		count(said) == 1
	}
}

test_refuses_a_declaration_in_both_spellings if {
	every change in [public, {"audience": {"contributor": [], "reader": ["anyone"], "steward": []}}] {
		{finding.message | some finding in rule.declared_findings} == {concat("", [
			"coded data are declared public without a recorded determination; ",
			"it is declared coded",
		])} with input as fixture.changed(coded, ["datasets", fixture.raw], change)
	}
}

test_refuses_what_comes_from_coded_data if {
	document := fixture.changed(coded, ["datasets", fixture.masks], public)
	{finding.subject | some finding in rule.declared_findings} == {fixture.masks} with input as document
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
