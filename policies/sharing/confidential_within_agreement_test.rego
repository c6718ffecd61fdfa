package slidebox.sharing.confidential_within_agreement_test

import data.slidebox.lib.fixture_test as fixture
import data.slidebox.sharing.confidential_within_agreement as rule

reader(principal) := {"principal": principal, "actions": ["read"], "path": ["user visitor"]}

read_by(document, principal) := fixture.changed(
	document,
	["locations", fixture.at_bench],
	{"readers": [reader(principal)]},
)

of_raw(change) := fixture.with_dataset(fixture.raw, change)

agreed(change) := fixture.changed(confidential, ["agreements", "saguaro"], change)

confidential := of_raw({"origin": "industry", "sensitivity": "confidential", "agreement": "saguaro"})

passes := read_by(confidential, "person:visitor")

refused := fixture.changed(
	read_by(of_raw({"origin": "industry", "sensitivity": "confidential"}), "person:visitor"),
	["datasets", fixture.raw],
	{"public_terms": ["long"]},
)

messages := {finding.message | some finding in rule.location_findings}

declared := {finding.message | some finding in rule.declared_findings}

test_names_the_reader_and_the_path if {
	rule.location_findings == {{
		"rule": "sharing/confidential_within_agreement",
		"severity": "error",
		"subject": fixture.at_bench,
		"message": concat("", [
			"person:visitor can read data that are confidential and under no agreement; ",
			"it is declared confidential",
		]),
		"path": ["user visitor"],
		"cure": rule.info.cure,
		"wants": "",
		"waived": "",
	}} with input as refused
}

test_the_lab_and_the_party_read if {
	teams := {"both": {"members": ["alice", "visitor"]}}
	every principal in [
		"person:alice",
		"person:visitor",
		"team:imaging",
		"team:both",
		"team:nobody",
		"service:backup",
	] {
		messages == set() with input as fixture.changed(read_by(confidential, principal), ["teams"], teams)
	}
}

test_nobody_else_reads if {
	every principal in ["person:dave", "team:ghosts", "service:ghost", "account:111122223333"] {
		messages == {sprintf(
			"%s can read data that are under agreement saguaro; it is declared confidential",
			[principal],
		)} with input as read_by(confidential, principal)
	}
}

test_a_party_of_another_agreement_does_not_read if {
	document := fixture.changed(passes, ["agreements", "saguaro"], {"party": "Durbin"})
	messages == {
		"person:visitor can read data that are under agreement saguaro; it is declared confidential",
	} with input as document
}

test_looks_into_teams if {
	teams := {"mixed": {"members": ["alice", "visitor", "dave"]}}
	document := fixture.changed(read_by(confidential, "team:mixed"), ["teams"], teams)
	messages == {
		"person:dave can read data that are under agreement saguaro; it is declared confidential",
	} with input as document
}

test_patients_data_under_an_agreement_stay_inside_it_too if {
	every sensitivity in ["coded", "identifiable"] {
		document := fixture.changed(confidential, ["datasets", fixture.raw], {"sensitivity": sensitivity})
		count(messages) == 1 with input as read_by(document, "person:dave")
		messages == set() with input as read_by(document, "person:visitor")
	}
}

test_of_patients_data_under_no_agreement_the_audience_decides if {
	messages == set() with input as read_by(of_raw({"sensitivity": "coded"}), "person:visitor")
}

test_open_data_are_read_by_whoever_the_audience_has if {
	messages == set() with input as read_by(of_raw({"agreement": "saguaro"}), "person:dave")
	messages == set() with input as read_by(fixture.facts, "person:visitor")
}

test_the_agreement_goes_with_what_is_made_from_the_data if {
	masks := fixture.changed(confidential, ["datasets", fixture.masks], {"sensitivity": "confidential"})
	{finding.subject | some finding in rule.location_findings} == {fixture.masks_at_bench} with input as fixture.changed(
		masks,
		["locations", fixture.masks_at_bench],
		{"readers": [reader("person:dave"), reader("person:visitor")]},
	)
}

test_what_comes_from_two_parties_is_read_by_neither if {
	two := fixture.changed(confidential, ["agreements"], {"durbin": object.union(
		fixture.facts.agreements.saguaro,
		{"party": "Durbin"},
	)})
	document := fixture.changed(two, ["datasets", fixture.masks], {
		"sensitivity": "confidential",
		"agreement": "durbin",
	})
	messages == {concat("", [
		"person:visitor can read data that are under agreement durbin and saguaro; ",
		"it is declared confidential",
	])} with input as fixture.changed(
		document,
		["locations", fixture.masks_at_bench],
		{"readers": [reader("person:visitor")]},
	)
}

test_nobody_of_the_party_remains_after_its_end if {
	over := agreed({"ends": "2026-11-23"})
	messages == {
		"agreement saguaro ended on 2026-11-23, and person:visitor of Saguaro can still read",
	} with input as read_by(over, "person:visitor")
	messages == set() with input as read_by(over, "person:alice")
	messages == set() with input as read_by(agreed({"ends": "2026-11-24"}), "person:visitor")
}

test_the_end_counts_for_open_data_and_in_teams if {
	document := fixture.changed(
		fixture.changed(
			read_by(agreed({"ends": "2026-11-23"}), "team:partners"),
			["datasets", fixture.raw],
			{"sensitivity": "open"},
		),
		["teams"],
		{"partners": {"members": ["visitor", "alice"]}},
	)
	messages == {
		"agreement saguaro ended on 2026-11-23, and person:visitor of Saguaro can still read",
	} with input as document
}

test_the_end_of_an_agreement_is_that_of_its_own_party if {
	document := fixture.changed(
		read_by(agreed({"ends": "2026-11-23"}), "person:other"),
		["people"],
		{"other": {"organisation": "Durbin", "left": "never", "until": "none"}},
	)
	messages == {
		"person:other can read data that are under agreement saguaro; it is declared confidential",
	} with input as document
}

test_data_of_a_company_are_under_an_agreement if {
	declared == {"it is of industry origin and open, and under no agreement"} with input as of_raw({"origin": "industry"})
	declared == set() with input as of_raw({"origin": "industry", "agreement": "saguaro"})
}

test_confidential_data_of_a_collaborator_are_under_an_agreement if {
	declared == {"it is of academic origin and confidential, and under no agreement"} with input as of_raw({
		"origin": "academic",
		"sensitivity": "confidential",
	})
	every change in [
		{"origin": "academic"},
		{"origin": "academic", "sensitivity": "coded"},
		{"origin": "lab", "sensitivity": "confidential"},
	] {
		document := of_raw(change)
		not fixture.raw in {finding.subject | some finding in rule.declared_findings} with input as document
	}
}

test_an_agreement_that_is_not_declared_is_refused if {
	document := of_raw({"agreement": "lost"})
	{[finding.subject, finding.message] | some finding in rule.declared_findings} == {[
		fixture.raw,
		"cannot be judged: agreement.allows, agreement.ends, agreement.party are not known",
	]} with input as document
	some finding in rule.location_findings with input as document
	finding.subject == fixture.at_bench
}

test_the_uses_of_the_project_are_allowed if {
	document := fixture.changed(confidential, ["projects", "nf1"], {"uses": ["research", "model_training"]})
	declared == {"it is used for model training, which agreement saguaro does not allow"} with input as document
	{finding.subject | some finding in rule.declared_findings} == {fixture.raw, fixture.masks} with input as document
}

test_what_may_be_published_may_be_public if {
	document := fixture.changed(
		read_by(confidential, "anyone"),
		["datasets", fixture.raw],
		{"public_terms": ["mid"]},
	)
	messages == set() with input as document
	declared == set() with input as document
}

test_what_may_not_be_published_is_not_public if {
	document := fixture.changed(
		read_by(agreed({"allows": ["research"]}), "any_account"),
		["datasets", fixture.raw],
		{"public_terms": ["mid"], "sensitivity": "open"},
	)
	messages == {concat("", [
		"anybody with an account can read what must not be public: ",
		"agreement saguaro does not allow publication",
	])} with input as document
	declared == {
		"it is declared public and must not be: agreement saguaro does not allow publication",
	} with input as document
}

test_confidential_data_without_an_agreement_are_not_public if {
	own := of_raw({"sensitivity": "confidential"})
	messages == {concat("", [
		"a reader that is not known can read what must not be public: ",
		"it is confidential and under no agreement",
	])} with input as read_by(own, "unknown")
	public := {"audience": object.union(fixture.dataset.audience, {"reader": ["anyone"]})}
	declared == {
		"it is declared public and must not be: it is confidential and under no agreement",
	} with input as fixture.changed(own, ["datasets", fixture.raw], public)
}

test_open_data_without_an_agreement_are_public if {
	document := fixture.changed(
		read_by(fixture.facts, "anyone"),
		["datasets", fixture.raw],
		{"public_terms": ["mid"]},
	)
	messages == set() with input as document
	declared == set() with input as document
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
