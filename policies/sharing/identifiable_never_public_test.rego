package slidebox.sharing.identifiable_never_public_test

import data.slidebox.lib.fixture_test as fixture
import data.slidebox.sharing.identifiable_never_public as rule

identifiable := fixture.with_dataset(fixture.raw, {"sensitivity": "identifiable"})

read_by(document, principal) := fixture.changed(document, ["locations", fixture.masks_at_bench], {"readers": [{
	"principal": principal,
	"actions": ["read"],
	"path": ["bucket policy", "Statement 1"],
}]})

deidentified := {"deidentification": {
	"recorded": true,
	"missing": [],
	"method": "expert_determination",
	"identifiers": [],
}}

passes := fixture.changed(
	read_by(identifiable, "anyone"),
	["datasets", fixture.masks],
	object.union(deidentified, {"public_terms": ["long"]}),
)

refused := fixture.changed(
	read_by(identifiable, "anyone"),
	["datasets", fixture.masks],
	{"audience": object.union(fixture.dataset.audience, {"reader": ["anyone"]}), "public_terms": ["long"]},
)

test_names_the_reader_the_path_and_the_origin if {
	rule.location_findings == {{
		"rule": "sharing/identifiable_never_public",
		"severity": "error",
		"subject": fixture.masks_at_bench,
		"message": "anyone can read identifiable data; it comes from nf1/raw_images, which is identifiable",
		"path": ["bucket policy", "Statement 1"],
		"cure": rule.info.cure,
		"wants": "",
		"waived": "",
	}} with input as read_by(identifiable, "anyone")
}

test_refuses_every_unnamed_reader if {
	every principal in ["anyone", "any_account", "unknown"] {
		said := rule.location_findings with input as read_by(identifiable, principal)
		count(said) == 1
	}
}

test_allows_named_people if {
	every principal in ["person:carol", "team:imaging"] {
		rule.location_findings == set() with input as read_by(identifiable, principal)
	}
}

test_allows_what_is_not_identifiable if {
	every sensitivity in ["coded", "confidential", "open"] {
		document := read_by(fixture.with_dataset(fixture.raw, {"sensitivity": sensitivity}), "anyone")
		rule.location_findings == set() with input as document
	}
}

test_a_recorded_deidentification_cuts_the_taint if rule.location_findings == set() with input as passes

test_an_incomplete_deidentification_cuts_nothing if {
	said := rule.location_findings with input as fixture.changed(
		passes,
		["datasets", fixture.masks, "deidentification"],
		{"missing": ["evidence"]},
	)
	count(said) == 1
}

test_no_deidentification_makes_identifiable_data_public if {
	document := fixture.changed(
		fixture.changed(identifiable, ["datasets", fixture.raw], deidentified),
		["datasets", fixture.raw],
		{"public_terms": ["mid", "long"]},
	)
	{finding.message | some finding in rule.declared_findings} == {
		"identifiable data are declared public in the terms mid, long; it is declared identifiable",
	} with input as document
}

test_what_comes_from_something_unknown_may_be_identifiable if {
	document := fixture.changed(
		read_by(fixture.facts, "anyone"),
		["datasets", fixture.masks],
		{"parents": ["elsewhere/raw_images"]},
	)
	{finding.message | some finding in rule.location_findings} == {concat("", [
		"anyone can read unknown data; ",
		"it comes from elsewhere/raw_images, which is unknown",
	])} with input as document
}

test_refuses_a_declaration_for_anyone if {
	{finding.message | some finding in rule.declared_findings} == {
		"identifiable data are declared for anyone; it comes from nf1/raw_images, which is identifiable",
	} with input as refused
}

test_refuses_a_term_in_which_anyone_may_read if {
	document := fixture.changed(identifiable, ["datasets", fixture.masks], {"public_terms": ["long"]})
	{finding.message | some finding in rule.declared_findings} == {concat("", [
		"identifiable data are declared public in the terms long; ",
		"it comes from nf1/raw_images, which is identifiable",
	])} with input as document
}

test_allows_a_declaration_of_what_is_not_identifiable if {
	every change in [{"public_terms": ["long"]}, {"audience": {"contributor": [], "reader": ["anyone"], "steward": []}}] {
		rule.declared_findings == set() with input as fixture.with_dataset(fixture.raw, change)
	}
}

test_allows_a_named_audience if rule.declared_findings == set() with input as identifiable

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
