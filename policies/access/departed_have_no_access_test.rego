package slidebox.access.departed_have_no_access_test

import data.slidebox.access.departed_have_no_access as rule
import data.slidebox.lib.fixture_test as fixture

read_by(document, principal) := fixture.changed(document, ["locations", fixture.at_bench], {"readers": [{
	"principal": principal,
	"actions": ["read", "write"],
	"path": ["bucket policy", "statement Writers"],
}]})

with_team := fixture.changed(fixture.facts, ["teams"], {"old": {"members": ["bob", "gone"]}})

owned_by_gone := fixture.changed(fixture.facts, ["projects", "nf1"], {"owner": "gone"})

passes := with_team # a team that can do nothing may keep its names

refused := read_by(owned_by_gone, "person:gone")

test_names_who_left_and_the_path if {
	rule.location_findings == {{
		"rule": "access/departed_have_no_access",
		"severity": "error",
		"subject": fixture.at_bench,
		"message": "person:gone left on 2026-01-31 and can read, write",
		"path": ["bucket policy", "statement Writers"],
		"cure": rule.info.cure,
		"wants": "",
		"waived": "",
	}} with input as read_by(fixture.facts, "person:gone")
}

test_looks_into_teams if {
	{finding.message | some finding in rule.location_findings} == {concat("", [
		"person:gone left on 2026-01-31 and can read, write, ",
		"as a member of team:old",
	])} with input as read_by(with_team, "team:old")
}

test_who_leaves_later_is_still_there if {
	every left, findings in {"2026-11-25": 0, "2026-11-24": 1, "never": 0} {
		document := fixture.changed(read_by(fixture.facts, "person:gone"), ["people", "gone"], {"left": left})
		said := rule.location_findings with input as document
		count(said) == findings
	}
}

test_a_project_has_an_owner_who_is_there if {
	rule.declared_findings == {{
		"rule": "access/departed_have_no_access",
		"severity": "error",
		"subject": "nf1",
		"message": "its owner gone left on 2026-01-31",
		"path": [],
		"cure": rule.info.cure,
		"wants": "",
		"waived": "",
	}} with input as owned_by_gone
}

test_a_project_without_data_is_asked_too if {
	document := fixture.added(fixture.facts, ["projects", "empty"], object.remove(fixture.project, ["owner"]))
	{finding.subject | some finding in rule.declared_findings} == {"empty"} with input as document
}

test_a_project_that_is_not_there_is_refused if {
	document := fixture.with_dataset(fixture.raw, {"project": "elsewhere"})
	{[finding.subject, finding.message] | some finding in rule.declared_findings} == {[
		fixture.raw,
		"cannot be judged: project.owner is not known",
	]} with input as document
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
