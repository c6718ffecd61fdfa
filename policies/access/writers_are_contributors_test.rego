package slidebox.access.writers_are_contributors_test

import data.slidebox.access.writers_are_contributors as rule
import data.slidebox.lib.fixture_test as fixture

used_by(document, principal, actions) := fixture.changed(document, ["locations", fixture.at_bench], {"readers": [{
	"principal": principal,
	"actions": actions,
	"path": ["bucket policy", "statement Writers"],
}]})

passes := used_by(fixture.facts, "person:bob", ["read", "write"])

refused := used_by(fixture.facts, "person:carol", ["read", "write"])

test_names_the_writer_and_the_path if {
	rule.location_findings == {{
		"rule": "access/writers_are_contributors",
		"severity": "error",
		"subject": fixture.at_bench,
		"message": "person:carol can write and is no contributor or steward",
		"path": ["bucket policy", "statement Writers"],
		"cure": rule.info.cure,
		"wants": "",
		"waived": "",
	}} with input as refused
}

test_allows_contributors_stewards_and_those_in_their_teams if {
	every principal in ["team:imaging", "person:alice", "person:bob"] {
		rule.location_findings == set() with input as used_by(fixture.facts, principal, ["write"])
	}
}

test_allows_a_team_all_of_whose_members_may_write if {
	teams := {"half": {"members": ["bob"]}, "mixed": {"members": ["bob", "carol"]}}
	document := fixture.changed(fixture.facts, ["teams"], teams)
	rule.location_findings == set() with input as used_by(document, "team:half", ["write"])
	said := rule.location_findings with input as used_by(document, "team:mixed", ["write"])
	count(said) == 1
}

test_allows_a_service_account_that_contributes_or_is_a_steward if {
	every role in ["contributor", "steward"] {
		holders := array.concat(fixture.dataset.audience[role], ["service:backup"])
		audience := object.union(fixture.dataset.audience, {role: holders})
		document := fixture.with_dataset(fixture.raw, {"audience": audience})
		rule.location_findings == set() with input as used_by(document, "service:backup", ["write"])
	}
	said := rule.location_findings with input as used_by(fixture.facts, "service:backup", ["write"])
	count(said) == 1
}

test_a_team_that_may_write_may_have_no_members_yet if {
	every role in ["contributor", "steward"] {
		holders := array.concat(fixture.dataset.audience[role], ["team:nobody"])
		audience := object.union(fixture.dataset.audience, {role: holders})
		document := fixture.with_dataset(fixture.raw, {"audience": audience})
		rule.location_findings == set() with input as used_by(document, "team:nobody", ["write"])
	}
}

test_allows_whoever_is_in_a_team_of_stewards if {
	audience := object.union(fixture.dataset.audience, {"steward": ["team:keepers"]})
	document := fixture.changed(
		used_by(fixture.facts, "person:dave", ["write"]),
		["datasets", fixture.raw],
		{"audience": audience},
	)
	rule.location_findings == set() with input as fixture.changed(document, ["teams"], {"keepers": {"members": ["dave"]}})
}

test_only_writing_counts if {
	rule.location_findings == set() with input as used_by(fixture.facts, "person:carol", ["read", "delete"])
}

test_refuses_everybody_accounts_and_those_who_are_not_known if {
	every principal in ["anyone", "any_account", "unknown", "account:111122223333", "team:ghosts", "team:nobody"] {
		said := rule.location_findings with input as used_by(fixture.facts, principal, ["write"])
		count(said) == 1
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
