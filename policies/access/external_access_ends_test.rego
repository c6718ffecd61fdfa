package slidebox.access.external_access_ends_test

import data.slidebox.access.external_access_ends as rule
import data.slidebox.lib.fixture_test as fixture

read_by(document, principal) := fixture.changed(document, ["locations", fixture.at_bench], {"readers": [{
	"principal": principal,
	"actions": ["read"],
	"path": ["user visitor"],
}]})

under_agreement := fixture.with_dataset(fixture.raw, {"agreement": "saguaro"})

until(document, day) := fixture.changed(document, ["people", "visitor"], {"until": day})

passes := read_by(under_agreement, "person:visitor")

refused := read_by(fixture.facts, "person:visitor")

messages := {finding.message | some finding in rule.location_findings}

test_names_the_person_and_the_path if {
	rule.location_findings == {{
		"rule": "access/external_access_ends",
		"severity": "error",
		"subject": fixture.at_bench,
		"message": "person:visitor of Saguaro can read, and nothing says when that ends",
		"path": ["user visitor"],
		"cure": rule.info.cure,
		"wants": "",
		"waived": "",
	}} with input as refused
}

test_an_own_end_is_enough_until_it_has_come if {
	messages == set() with input as until(refused, "2026-11-25")
	messages == {
		"person:visitor of Saguaro can read, and their access ended on 2026-11-24",
	} with input as until(refused, "2026-11-24")
}

test_an_agreement_with_their_organisation_is_enough_to_its_last_day if {
	messages == set() with input as passes
	last := fixture.changed(passes, ["agreements", "saguaro"], {"ends": "2026-11-24"})
	messages == set() with input as last
	over := fixture.changed(passes, ["agreements", "saguaro"], {"ends": "2026-11-23"})
	messages == {
		"person:visitor of Saguaro can read, and agreement saguaro ended on 2026-11-23",
	} with input as over
}

test_an_agreement_with_somebody_else_is_not_enough if {
	document := fixture.changed(passes, ["agreements", "saguaro"], {"party": "Durbin", "ends": "2026-11-23"})
	messages == {"person:visitor of Saguaro can read, and nothing says when that ends"} with input as document
}

test_the_end_of_the_agreement_counts_whatever_their_own_is if {
	over := fixture.changed(passes, ["agreements", "saguaro"], {"ends": "2026-11-23"})
	messages == {
		"person:visitor of Saguaro can read, and agreement saguaro ended on 2026-11-23",
	} with input as until(over, "2030-01-01")
}

test_looks_into_teams if {
	teams := {"partners": {"members": ["visitor", "alice"]}}
	document := fixture.changed(read_by(fixture.facts, "team:partners"), ["teams"], teams)
	messages == {"person:visitor of Saguaro can read, and nothing says when that ends"} with input as document
}

test_people_of_the_lab_need_no_end if {
	every principal in ["person:alice", "team:imaging", "service:backup"] {
		messages == set() with input as read_by(fixture.facts, principal)
	}
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
