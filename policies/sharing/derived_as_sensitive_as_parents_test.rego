package slidebox.sharing.derived_as_sensitive_as_parents_test

import data.slidebox.lib.fixture_test as fixture
import data.slidebox.lib.sensitivity
import data.slidebox.sharing.derived_as_sensitive_as_parents as rule

refused := fixture.with_dataset(fixture.raw, {"sensitivity": "coded"})

passes := fixture.changed(
	refused,
	["datasets", fixture.masks],
	{"deidentification": {
		"recorded": true,
		"missing": [],
		"method": "expert_determination",
		"identifiers": [],
		"date": "2026-11-24",
	}},
)

test_names_the_ancestor if {
	rule.declared_findings == {{
		"rule": "sharing/derived_as_sensitive_as_parents",
		"severity": "error",
		"subject": fixture.masks,
		"message": "declared open, but it comes from nf1/raw_images, which is coded",
		"path": [],
		"cure": rule.info.cure,
		"wants": "",
		"waived": "",
	}} with input as refused
}

test_follows_any_number_of_steps if {
	chain := {sprintf("far/level_%d", [n]): object.union(fixture.derived, {"parents": [before]}) |
		some n in numbers.range(1, 20)
		before := sprintf("far/level_%d", [n - 1])
	}
	start := {"far/level_0": object.union(fixture.dataset, {"sensitivity": "identifiable"})}
	document := fixture.changed(fixture.facts, ["datasets"], object.union(start, chain))
	said := rule.declared_findings with input as document
	count(said) == 20
}

test_ends_in_a_circle if {
	document := fixture.with_dataset(fixture.raw, {"parents": [fixture.masks], "sensitivity": "coded"})
	said := rule.declared_findings with input as document
	{finding.subject | some finding in said} == {fixture.masks}
}

test_allows_a_higher_word if {
	rule.declared_findings == set() with input as fixture.with_dataset(fixture.masks, {"sensitivity": "identifiable"})
}

test_a_complete_deidentification_lowers if rule.declared_findings == set() with input as passes

test_an_incomplete_deidentification_lowers_nothing if {
	every change, lacking in {
		"missing": ["by, date are not recorded", ["by", "date"]],
		"method": ["method is not recorded", "none"],
	} {
		document := fixture.added(passes, ["datasets", fixture.masks, "deidentification", change], lacking[1])
		{finding.message | some finding in rule.declared_findings} == {
			"declared open, but it comes from nf1/raw_images, which is coded",
			sprintf("the de-identification lowers nothing: %s", [lacking[0]]),
		} with input as document
	}
}

test_a_safe_harbor_that_leaves_identifiers_in_lowers_nothing if {
	every identifier in sensitivity.identifiers {
		named := [other | some other in sensitivity.identifiers; other != identifier]
		document := fixture.added(
			passes,
			["datasets", fixture.masks, "deidentification"],
			{"recorded": true, "missing": [], "method": "safe_harbor", "identifiers": named, "date": "2026-01-31"},
		)
		{finding.message | some finding in rule.declared_findings} == {
			"declared open, but it comes from nf1/raw_images, which is coded",
			sprintf(
				"the de-identification lowers nothing: a safe harbor removes eighteen identifiers, and %s is not named",
				[identifier],
			),
		} with input as document
	}
}

test_a_deidentification_that_is_still_to_come_lowers_nothing if {
	document := fixture.changed(passes, ["datasets", fixture.masks, "deidentification"], {"date": "2026-11-25"})
	{[finding.subject, finding.message] | some finding in rule.declared_findings} == {[
		fixture.masks,
		"the de-identification is dated 2026-11-25, which is still to come",
	]} with input as document
}

test_a_parent_in_another_project_counts if {
	far := {"far/raw_images": object.union(fixture.dataset, {"project": "far", "sensitivity": "identifiable"})}
	document := fixture.changed(
		fixture.with_dataset(fixture.masks, {"parents": ["far/raw_images"]}),
		["datasets"],
		far,
	)
	{[finding.subject, finding.message] | some finding in rule.declared_findings} == {[
		fixture.masks,
		"declared open, but it comes from far/raw_images, which is identifiable",
	]} with input as document
}

test_what_it_comes_from_has_to_be_declared if {
	{finding.message | some finding in rule.declared_findings} == {
		"it comes from other/raw_images, which is not declared",
		"declared open, but it comes from other/raw_images, which is unknown",
	} with input as fixture.with_dataset(fixture.masks, {"parents": ["other/raw_images"]})
}

all_findings := rule.declared_findings

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
