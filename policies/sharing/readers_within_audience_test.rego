package slidebox.sharing.readers_within_audience_test

import data.slidebox.lib.fixture_test as fixture
import data.slidebox.sharing.readers_within_audience as rule

read_by(document, principal) := fixture.changed(document, ["locations", fixture.at_bench], {"readers": [{
	"principal": principal,
	"actions": ["read", "write"],
	"path": ["user dave"],
}]})

refused := read_by(fixture.with_dataset(fixture.raw, {"sensitivity": "coded"}), "person:dave")

passes := read_by(fixture.facts, "person:bob")

test_names_the_reader_and_the_path if {
	rule.location_findings == {{
		"rule": "sharing/readers_within_audience",
		"severity": "error",
		"subject": fixture.at_bench,
		"message": "person:dave can read, write and is not in the audience",
		"path": ["user dave"],
		"cure": rule.info.cure,
		"wants": "",
		"waived": "",
	}} with input as refused
}

test_allows_the_audience_and_parts_of_it if {
	every principal in ["team:imaging", "person:alice", "person:bob", "person:carol"] {
		rule.location_findings == set() with input as read_by(fixture.facts, principal)
	}
}

test_allows_a_team_whose_members_are_all_in_the_audience if {
	document := fixture.changed(
		read_by(fixture.facts, "team:half"),
		["teams"],
		{"half": {"members": ["bob", "carol"]}},
	)
	rule.location_findings == set() with input as document
}

test_allows_whoever_is_named_as_they_are_named if {
	every principal in ["team:nobody", "service:backup"] {
		holders := array.concat(fixture.dataset.audience.reader, [principal, "team:imaging"])
		audience := {"contributor": [], "reader": holders, "steward": []}
		document := fixture.with_dataset(fixture.raw, {"audience": audience})
		rule.location_findings == set() with input as read_by(document, principal)
	}
}

test_refuses_teams_that_are_wider_empty_or_not_declared if {
	every principal in ["team:wide", "team:nobody", "team:ghosts"] {
		document := fixture.changed(
			read_by(fixture.facts, principal),
			["teams"],
			{"wide": {"members": ["bob", "dave"]}},
		)
		said := rule.location_findings with input as document
		count(said) == 1
	}
}

test_refuses_accounts_and_everybody if {
	every principal in ["account:111122223333", "any_account", "anyone"] {
		said := rule.location_findings with input as read_by(fixture.facts, principal)
		count(said) == 1
	}
}

test_allows_everybody_in_public_terms_only if {
	every principal in ["any_account", "anyone"] {
		public := fixture.with_dataset(fixture.raw, {"public_terms": ["mid"]})
		rule.location_findings == set() with input as read_by(public, principal)

		later := fixture.with_dataset(fixture.raw, {"public_terms": ["long"]})
		said := rule.location_findings with input as read_by(later, principal)
		count(said) == 1
	}
}

test_allows_everybody_where_the_audience_is_anyone if {
	open_audience := {"contributor": [], "reader": ["anyone"], "steward": []}
	document := fixture.with_dataset(fixture.raw, {"audience": open_audience})
	said := rule.location_findings with input as read_by(document, "any_account")
	not fixture.at_bench in {finding.subject | some finding in said}
}

test_anyone_is_a_reader_that_is_known if {
	document := read_by(fixture.with_dataset(fixture.raw, {"sensitivity": "coded"}), "anyone")
	{finding.message | some finding in rule.location_findings} == {
		"anyone can read, write and is not in the audience",
	} with input as document
}

test_an_unknown_reader_is_a_finding_for_everything_but_open_data if {
	rule.location_findings == set() with input as read_by(fixture.facts, "unknown")
	every sensitivity in ["confidential", "coded", "identifiable"] {
		document := read_by(fixture.with_dataset(fixture.raw, {"sensitivity": sensitivity}), "unknown")
		{finding.message | some finding in rule.location_findings} == {sprintf(
			"who can read %s data is not known",
			[sensitivity],
		)} with input as document
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
