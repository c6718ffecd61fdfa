package slidebox.access.contributors_cannot_delete_raw_test

import data.slidebox.access.contributors_cannot_delete_raw as rule
import data.slidebox.lib.fixture_test as fixture

used_by(location, principal, actions) := fixture.with_location(location, {"readers": [{
	"principal": principal,
	"actions": actions,
	"path": ["mode 2770", "group imaging"],
}]})

passes := used_by(fixture.at_bench, "person:alice", ["read", "write", "delete"])

refused := used_by(fixture.at_bench, "team:imaging", ["read", "write", "delete"])

test_names_who_can_delete_and_the_path if {
	rule.location_findings == {{
		"rule": "access/contributors_cannot_delete_raw",
		"severity": "error",
		"subject": fixture.at_bench,
		"message": "team:imaging can delete raw images and is no steward",
		"path": ["mode 2770", "group imaging"],
		"cure": rule.info.cure,
		"wants": "",
		"waived": "",
	}} with input as refused
}

test_allows_what_can_be_made_again if {
	rule.location_findings == set() with input as used_by(fixture.masks_at_bench, "team:imaging", ["delete"])
}

test_only_deleting_counts if {
	rule.location_findings == set() with input as used_by(fixture.at_bench, "team:imaging", ["read", "write"])
}

test_allows_stewards_and_teams_of_nobody_else if {
	teams := {"keepers": {"members": ["alice"]}, "mixed": {"members": ["alice", "bob"]}}
	every principal in ["team:keepers", "person:alice"] {
		document := fixture.changed(used_by(fixture.at_bench, principal, ["delete"]), ["teams"], teams)
		rule.location_findings == set() with input as document
	}
	mixed := fixture.changed(used_by(fixture.at_bench, "team:mixed", ["delete"]), ["teams"], teams)
	said := rule.location_findings with input as mixed
	count(said) == 1
}

test_allows_a_team_that_is_a_steward_and_its_members if {
	audience := object.union(fixture.dataset.audience, {"steward": ["team:imaging"]})
	every principal in ["team:imaging", "person:bob"] {
		document := fixture.changed(
			used_by(fixture.at_bench, principal, ["delete"]),
			["datasets", fixture.raw],
			{"audience": audience},
		)
		rule.location_findings == set() with input as document
	}
}

test_a_team_that_is_a_steward_may_have_no_members_yet if {
	audience := object.union(fixture.dataset.audience, {"steward": ["team:nobody"]})
	document := fixture.changed(
		used_by(fixture.at_bench, "team:nobody", ["delete"]),
		["datasets", fixture.raw],
		{"audience": audience},
	)
	rule.location_findings == set() with input as document
}

test_refuses_readers_everybody_and_those_who_are_not_known if {
	every principal in ["person:carol", "anyone", "unknown", "service:backup", "team:nobody"] {
		said := rule.location_findings with input as used_by(fixture.at_bench, principal, ["delete"])
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
