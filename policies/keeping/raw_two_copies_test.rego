package slidebox.keeping.raw_two_copies_test

import data.slidebox.keeping.raw_two_copies as rule
import data.slidebox.lib.fixture_test as fixture

without_shelf := json.patch(fixture.facts, [{"op": "remove", "path": ["locations", fixture.at_shelf]}])

refused := without_shelf

test_wants_another_copy if {
	rule.together_findings == {{
		"rule": "keeping/raw_two_copies",
		"severity": "error",
		"subject": "nf1/raw_images@mid",
		"message": "raw images need 2 copies in 2 failure domains in the mid term; there is one, in bench",
		"path": [],
		"cure": rule.info.cure,
		"wants": "another_copy",
	}} with input as without_shelf
}

test_counts_failure_domains_not_copies if {
	document := fixture.with_location(fixture.at_shelf, {"failure_domain": "bench"})
	said := rule.together_findings with input as document
	count(said) == 1
}

test_deletion_is_no_copy if {
	document := fixture.with_location(fixture.at_shelf, {"system": "deletion"})
	said := rule.together_findings with input as document
	count(said) == 1
}

test_nothing_kept_is_said if {
	document := fixture.changed(without_shelf, ["locations", fixture.at_bench], {"system": "deletion"})
	{finding.message | some finding in rule.together_findings} == {concat("", [
		"raw images need 2 copies in 2 failure domains in the mid term; ",
		"there is none",
	])} with input as document
}

test_each_term_stands_by_itself if {
	document := fixture.with_location(fixture.at_shelf, {"term": "long"})
	{finding.subject | some finding in rule.together_findings} == {
		"nf1/raw_images@mid",
		"nf1/raw_images@long",
	} with input as document
}

test_one_copy_is_enough_in_the_short_term if {
	rule.together_findings == set() with input as fixture.changed(
		without_shelf,
		["locations", fixture.at_bench],
		{"term": "short"},
	)
}

test_one_copy_is_enough_for_what_can_be_had_again if {
	every change in [{"origin": "public"}, {"keep": "stream"}, {"level": "corrected_images"}] {
		document := fixture.changed(without_shelf, ["datasets", fixture.raw], change)
		rule.together_findings == set() with input as document
	}
}

test_says_nothing_about_a_good_lab if rule.together_findings == set() with input as fixture.facts

# METADATA
# title: A field that is missing, of another type or unknown makes the rule fail
test_fails_without_any_field_it_reads if {
	every field in rule.info.reads {
		documents := fixture.broken(fixture.facts, field)
		count(documents) > 0
		every document in documents {
			some finding in rule.together_findings with input as document
			startswith(finding.message, "cannot be judged: ")
		}
	}
}

# METADATA
# title: No missing field turns a refusal into silence
test_refuses_whatever_is_missing if {
	every field in fixture.fields {
		every document in fixture.broken(refused, field) {
			said := rule.together_findings with input as document
			count(said) > 0
		}
	}
}

# METADATA
# title: A document without its maps is refused
test_refuses_an_empty_document if {
	said := rule.together_findings with input as {}
	count(said) > 0
}
