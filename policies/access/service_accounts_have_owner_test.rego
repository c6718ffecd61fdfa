package slidebox.access.service_accounts_have_owner_test

import data.slidebox.access.service_accounts_have_owner as rule
import data.slidebox.lib.fixture_test as fixture

read_by(document, principal) := fixture.changed(document, ["locations", fixture.at_bench], {"readers": [{
	"principal": principal,
	"actions": ["read"],
	"path": ["user backup"],
}]})

with_service(change) := fixture.changed(fixture.facts, ["services", "backup"], change)

passes := read_by(fixture.facts, "service:backup")

refused := read_by(with_service({"owner": "none"}), "service:ghost")

declared := {finding.message | some finding in rule.declared_findings}

readers := {finding.message | some finding in rule.location_findings}

test_names_the_account if {
	rule.declared_findings == {{
		"rule": "access/service_accounts_have_owner",
		"severity": "error",
		"subject": "service:backup",
		"message": "nobody owns it",
		"path": [],
		"cure": rule.info.cure,
		"wants": "",
		"waived": "",
	}} with input as refused
}

test_the_owner_is_declared_of_the_lab_and_still_there if {
	declared == {"its owner is not declared"} with input as with_service({"owner": "dave"})
	declared == {"its owner visitor is of Saguaro"} with input as with_service({"owner": "visitor"})
	declared == {"its owner gone left on 2026-01-31"} with input as with_service({"owner": "gone"})
	declared == set() with input as with_service({"owner": "bob"})
}

test_nobody_owns_it_even_where_somebody_has_that_name if {
	document := fixture.changed(with_service({"owner": "none"}), ["people"], {"none": fixture.facts.people.alice})
	declared == {"nobody owns it"} with input as document
}

test_a_person_can_have_two_faults if {
	document := fixture.changed(with_service({"owner": "gone"}), ["people", "gone"], {"organisation": "Saguaro"})
	declared == {"its owner gone is of Saguaro", "its owner gone left on 2026-01-31"} with input as document
}

test_an_account_that_has_access_is_declared if {
	rule.location_findings == {{
		"rule": "access/service_accounts_have_owner",
		"severity": "error",
		"subject": fixture.at_bench,
		"message": "service:ghost can read, and is not declared",
		"path": ["user backup"],
		"cure": rule.info.cure,
		"wants": "",
		"waived": "",
	}} with input as refused
}

test_an_account_has_access_until_its_last_day if {
	every day in ["none", "2026-11-25"] {
		readers == set() with input as read_by(with_service({"until": day}), "service:backup")
	}
	readers == {"service:backup can read, and its access ended on 2026-11-24"} with input as read_by(
		with_service({"until": "2026-11-24"}),
		"service:backup",
	)
}

test_people_are_not_asked if {
	readers == set() with input as read_by(fixture.facts, "person:ghost")
}

test_a_malformed_account_is_named_as_one if {
	document := with_service({"owner": 7})
	some finding in rule.declared_findings with input as document
	finding.subject == "service:backup"
	startswith(finding.message, "cannot be judged: ")
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
